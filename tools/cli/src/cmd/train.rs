use std::path::PathBuf;

use anyhow::Result;
use cadet_distill::Run;

use crate::output::print_line;
use crate::progress::Progress;

/// Train the networks of a recipe, without packing them or reading the test rows
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// Folder of run directories
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut progress = Progress::new(args.quiet);
    let mut run = Run::open(&args.recipe, &args.runs)?;
    let students = run.train(&mut |event| progress.observe(event));
    progress.finish();
    let students = students?;
    let best = &students.student.history[students.student.best];
    print_line(&format!(
        "student: best of {} epochs has {:.4} on the select rows; `cadet export` writes it as ONNX",
        students.student.history.len(),
        best.select_score,
    ))
}
