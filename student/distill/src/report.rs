use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use crate::Accuracy;

/// What a run came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Name of the recipe.
    pub recipe: String,
    /// Hash of the recipe file.
    pub recipe_sha256: String,
    /// Release that made the run.
    pub cadet_version: String,
    /// Rows that gradients saw.
    pub train_rows: usize,
    /// Rows that choices were made by.
    pub select_rows: usize,
    /// Rows the accuracies below are of.
    pub test_rows: usize,
    /// Test rows that are copies of training or selection rows.
    pub test_rows_seen_in_training: usize,
    /// How often this run has read the test rows.
    pub test_readings: usize,
    /// Name of the teacher.
    pub teacher: String,
    /// Accuracy of the teacher on the test rows.
    pub teacher_accuracy: Accuracy,
    /// The student.
    pub student: NetworkReport,
    /// The same student trained on labels alone.
    pub baseline: Option<NetworkReport>,
    /// Wall-clock seconds of each stage; of a resumed stage, only since it was resumed.
    pub seconds: BTreeMap<String, f64>,
}

/// What is known about one network.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NetworkReport {
    /// Family of the network.
    pub architecture: String,
    /// What it was fitted to.
    pub loss: String,
    /// Whether its training read labels.
    pub used_labels: bool,
    /// Weights and biases.
    pub parameters: usize,
    /// Multiply-accumulates an inference.
    pub macs: usize,
    /// Epochs trained.
    pub epochs: usize,
    /// The epoch chosen by the select set, counted from 1.
    pub best_epoch: usize,
    /// Its score there: agreement with the labels, or with the teacher where no labels were read.
    pub select_score: f32,
    /// Accuracy on the test rows as trained, in f32.
    pub accuracy_f32: Accuracy,
    /// Accuracy on the test rows of the int8 package, run by the engine.
    pub accuracy_int8: Accuracy,
    /// Bytes of the package.
    pub package_bytes: usize,
    /// Bytes of its arena.
    pub arena_bytes: usize,
}

impl Report {
    /// The report as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut text = format!(
            "# {}\n\n{} training rows, {} rows for choices, {} test rows (read {}; {} of them are \
             copies of rows above). Recipe sha256 `{}`, cadet {}.\n\n",
            self.recipe,
            self.train_rows,
            self.select_rows,
            self.test_rows,
            match self.test_readings {
                1 => "once".into(),
                readings => format!("{readings} times"),
            },
            self.test_rows_seen_in_training,
            self.recipe_sha256,
            self.cadet_version,
        );
        text += "| network | test accuracy, 95 % interval | package bytes | arena bytes |\n";
        text += "|---|---|---|---|\n";
        let teacher = format!("teacher `{}`, f32", self.teacher);
        push_row(&mut text, &teacher, &self.teacher_accuracy, None);
        let networks = [
            ("student", Some(&self.student)),
            ("labels only", self.baseline.as_ref()),
        ];
        for (name, network) in networks {
            let Some(network) = network else { continue };
            let memory = Some((network.package_bytes, network.arena_bytes));
            push_row(
                &mut text,
                &format!("{name}, f32"),
                &network.accuracy_f32,
                None,
            );
            push_row(
                &mut text,
                &format!("{name}, int8"),
                &network.accuracy_int8,
                memory,
            );
        }
        let student = &self.student;
        let _ = writeln!(
            text,
            "\nStudent: {} with {} parameters and {} multiply-accumulates, fitted to {}{}; epoch {} \
             of {} was chosen with {:.2} % on the select set.\n",
            student.architecture,
            student.parameters,
            student.macs,
            student.loss,
            if student.used_labels {
                ""
            } else {
                ", no labels used"
            },
            student.best_epoch,
            student.epochs,
            100.0 * student.select_score,
        );
        text += "| stage | seconds |\n|---|---|\n";
        for (stage, seconds) in &self.seconds {
            let _ = writeln!(text, "| {stage} | {seconds:.1} |");
        }
        text
    }
}

fn push_row(text: &mut String, name: &str, accuracy: &Accuracy, memory: Option<(usize, usize)>) {
    let [low, high] = accuracy.interval.map(|share| 100.0 * share);
    let share = 100.0 * accuracy.share;
    let (package, arena) = memory.map_or(("".into(), "".into()), |(package, arena)| {
        (package.to_string(), arena.to_string())
    });
    let _ = writeln!(
        text,
        "| {name} | {share:.2} % ({low:.2} to {high:.2}) | {package} | {arena} |"
    );
}
