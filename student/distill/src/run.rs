use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use cadet_data::{Dataset, SealedTest, hold_out};
use cadet_nets::{Architecture, Loss, Model, Task, TrainConfig, Trained, train};
use serde_json::json;

use crate::logits::cached_logits;
use crate::pack::{Package, check_budget, engine_logits, pack};
use crate::recipe::{Recipe, SourceConfig, TeacherConfig};
use crate::run_dir::{RunDir, hex, write_atomic};
use crate::teacher::{OnnxTeacher, Teacher, TrainedTeacher};
use crate::{Accuracy, DistillError, Event, NetworkReport, Observer, Report};

/// One recipe at work in its run directory.
#[derive(Debug)]
pub struct Run {
    recipe: Recipe,
    dir: RunDir,
    train: Dataset,
    select: Dataset,
    test: SealedTest,
    seconds: BTreeMap<String, f64>,
}

/// The networks of a run, trained.
pub struct Students {
    /// Whom they learnt from.
    pub teacher: Box<dyn Teacher>,
    /// The student.
    pub student: Trained,
    /// The same student trained on labels alone, where the recipe asks for it.
    pub baseline: Option<Trained>,
}

/// Runs `recipe` from its start, or from where its directory under `runs` stands, to its report.
/// A run that is finished gives its report again, without reading the test rows again.
pub fn distill(
    recipe: &Path,
    runs: &Path,
    observer: &mut Observer<'_>,
) -> Result<Report, DistillError> {
    let mut run = Run::open(recipe, runs)?;
    if let Some(report) = run.report()? {
        return Ok(report);
    }
    run.check_budget(observer)?;
    let students = run.train(observer)?;
    run.export(&students)?;
    run.finish(students, observer)
}

impl Run {
    /// Reads the recipe and its data and makes `runs/<name>`, or opens it where it was made by
    /// this recipe. The test rows stay sealed.
    pub fn open(recipe: &Path, runs: &Path) -> Result<Self, DistillError> {
        let (recipe, text) = Recipe::load(recipe)?;
        let name = &recipe.name;
        let (all, test) = match &recipe.data.source {
            SourceConfig::Idx(idx) => (idx.load(name)?, SealedTest::idx(name, idx)),
            SourceConfig::Synthetic(synthetic) => (
                synthetic.generate(name),
                SealedTest::synthetic(name, synthetic),
            ),
        };
        let (train, select) = hold_out(&all, recipe.data.select_rows)?;
        if let TeacherConfig::Onnx(teacher) = &recipe.teacher {
            OnnxTeacher::load(teacher)?;
        }
        let architecture = &recipe.student.architecture;
        architecture.layers(train.item_shape(), train.classes().len())?;
        let dir = RunDir::open(runs, name, &text)?;
        Ok(Self {
            recipe,
            dir,
            train,
            select,
            test,
            seconds: BTreeMap::new(),
        })
    }

    /// The run directory.
    pub fn dir(&self) -> &RunDir {
        &self.dir
    }

    /// The report of a run that is finished.
    pub fn report(&self) -> Result<Option<Report>, DistillError> {
        let path = self.dir.join("report.json");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(serde_json::from_str(&text).ok()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DistillError::io("read", path)(error)),
        }
    }

    /// Packs the student untrained and compares it with the budget, so that no time is spent on
    /// one that cannot fit. *Errors*: `OverBudget`.
    pub fn check_budget(&self, observer: &mut Observer<'_>) -> Result<(), DistillError> {
        stage(observer, "check the budget")?;
        let architecture = &self.recipe.student.architecture;
        let layers = architecture.layers(self.train.item_shape(), self.train.classes().len())?;
        let onnx = Model::new(layers, self.recipe.seed).to_onnx("untrained", &[]);
        let rows: Vec<usize> = (0..self.select.len().min(16)).collect();
        let few = self.select.select("few", self.select.usage(), &rows);
        check_budget(&pack(&onnx, &few, &BTreeMap::new())?, self.recipe.budget)
    }

    /// Trains the teacher where the recipe says so, then the student, then the baseline.
    pub fn train(&mut self, observer: &mut Observer<'_>) -> Result<Students, DistillError> {
        let mut teacher = self.timed("teacher", |run| run.teacher(observer))?;
        self.write_receipt(teacher.as_ref())?;
        let loss = self.recipe.student.loss;
        let student = self.timed("student", |run| {
            run.train_student("student", loss, teacher.as_mut(), observer)
        })?;
        let baseline = if self.recipe.baseline {
            let network = "baseline";
            Some(self.timed(network, |run| {
                run.train_student(network, Loss::Labels, teacher.as_mut(), observer)
            })?)
        } else {
            None
        };
        Ok(Students {
            teacher,
            student,
            baseline,
        })
    }

    /// Writes `student.onnx` and, where there is one, `baseline.onnx`.
    pub fn export(&self, students: &Students) -> Result<(), DistillError> {
        for (network, trained) in students.networks() {
            let path = self.dir.join(&format!("{network}.onnx"));
            write_atomic(&path, &self.to_onnx(network, trained, students))?;
        }
        Ok(())
    }

    /// Packs the students as int8, reads the test rows and writes `report.json` and `report.md`.
    pub fn finish(
        &mut self,
        mut students: Students,
        observer: &mut Observer<'_>,
    ) -> Result<Report, DistillError> {
        stage(observer, "pack")?;
        let mut packages = Vec::new();
        for (network, trained) in students.networks() {
            let onnx = self.to_onnx(network, trained, &students);
            let provenance = self.provenance(network, trained, &students);
            let package = pack(&onnx, &self.select, &provenance.into_iter().collect())?;
            check_budget(&package, self.recipe.budget)?;
            write_atomic(&self.dir.join(&format!("{network}.cadet")), &package.bytes)?;
            packages.push(package);
        }

        stage(observer, "evaluate on the test rows")?;
        let started = Instant::now();
        // Beside the run directories: deleting one does not unread the test rows.
        let log = self.dir.path().with_file_name("test-readings.jsonl");
        let (test, test_readings) = self.test.open(&log, self.dir.recipe_sha256())?;
        let labels = test.labels().unwrap_or_default();
        let teacher = students.teacher.as_mut();
        let logits = cached_logits(&self.dir.join("teacher"), teacher, &test, observer)?;
        let teacher_accuracy = Accuracy::of(&logits, labels);
        let mut networks = Vec::new();
        for ((network, trained), package) in students.networks().into_iter().zip(&packages) {
            networks.push(self.network_report(network, trained, package, &test, observer)?);
        }
        self.seconds
            .insert("evaluate".into(), started.elapsed().as_secs_f64());
        let mut networks = networks.into_iter();
        let report = Report {
            recipe: self.recipe.name.clone(),
            recipe_sha256: self.dir.recipe_sha256().into(),
            cadet_version: env!("CARGO_PKG_VERSION").into(),
            train_rows: self.train.len(),
            select_rows: self.select.len(),
            test_rows: test.len(),
            test_rows_seen_in_training: test.rows_shared_with(&self.train)
                + test.rows_shared_with(&self.select),
            test_readings,
            teacher: students.teacher.name().into(),
            teacher_accuracy,
            student: networks.next().expect("a run has a student"),
            baseline: networks.next(),
            seconds: self.seconds.clone(),
        };
        let json = serde_json::to_string_pretty(&report).expect("a report has a JSON form");
        write_atomic(&self.dir.join("report.md"), report.to_markdown().as_bytes())?;
        write_atomic(&self.dir.join("report.json"), json.as_bytes())?;
        Ok(report)
    }

    fn timed<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&Self) -> Result<T, DistillError>,
    ) -> Result<T, DistillError> {
        let started = Instant::now();
        let result = work(self)?;
        let seconds = started.elapsed().as_secs_f64();
        self.seconds.insert(name.into(), seconds);
        Ok(result)
    }

    fn teacher(&self, observer: &mut Observer<'_>) -> Result<Box<dyn Teacher>, DistillError> {
        match &self.recipe.teacher {
            TeacherConfig::Onnx(config) => Ok(Box::new(OnnxTeacher::load(config)?)),
            TeacherConfig::Train(config) => {
                let trained = self.fit(
                    "teacher",
                    &config.architecture,
                    &config.training,
                    Loss::Labels,
                    [None, None],
                    observer,
                )?;
                let name = format!("trained {}", config.architecture.family());
                let threads = config.training.threads;
                Ok(Box::new(TrainedTeacher::new(trained.model, &name, threads)))
            }
        }
    }

    fn train_student(
        &self,
        network: &str,
        loss: Loss,
        teacher: &mut dyn Teacher,
        observer: &mut Observer<'_>,
    ) -> Result<Trained, DistillError> {
        let mut logits = [None, None];
        if loss.needs_teacher() {
            stage(observer, "ask the teacher")?;
            for (logits, data) in logits.iter_mut().zip([&self.train, &self.select]) {
                let folder = self.dir.join("teacher");
                *logits = Some(cached_logits(&folder, teacher, data, observer)?);
            }
        }
        let student = &self.recipe.student;
        let logits = [logits[0].as_deref(), logits[1].as_deref()];
        let (architecture, training) = (&student.architecture, &student.training);
        self.fit(network, architecture, training, loss, logits, observer)
    }

    fn fit(
        &self,
        network: &str,
        architecture: &Architecture,
        training: &TrainConfig,
        loss: Loss,
        [train_teacher, select_teacher]: [Option<&[f32]>; 2],
        observer: &mut Observer<'_>,
    ) -> Result<Trained, DistillError> {
        stage(observer, &format!("train the {network}"))?;
        let task = Task {
            layers: architecture.layers(self.train.item_shape(), self.train.classes().len())?,
            loss,
            train: self.train.for_training()?,
            select: &self.select,
            train_teacher,
            select_teacher,
            seed: self.recipe.seed,
        };
        let checkpoint = self.dir.join(network).join("checkpoint.bin");
        let trained = train(&task, training, Some(&checkpoint), &mut |progress| {
            observer(&Event::Training { network, progress })
        });
        match trained {
            Err(cadet_nets::NetsError::Interrupted) => Err(DistillError::Interrupted),
            other => Ok(other?),
        }
    }

    fn write_receipt(&self, teacher: &dyn Teacher) -> Result<(), DistillError> {
        let receipt = json!({
            "recipe": self.recipe.name,
            "recipe_sha256": self.dir.recipe_sha256(),
            "cadet_version": env!("CARGO_PKG_VERSION"),
            "host": format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            "seed": self.recipe.seed,
            "threads": self.recipe.student.training.threads,
            "teacher": { "name": teacher.name(), "fingerprint": teacher.fingerprint() },
            "train": { "rows": self.train.len(), "sha256": hex(&self.train.fingerprint()) },
            "select": { "rows": self.select.len(), "sha256": hex(&self.select.fingerprint()) },
        });
        write_atomic(
            &self.dir.join("receipt.json"),
            format!("{receipt:#}\n").as_bytes(),
        )
    }

    fn loss(&self, network: &str) -> Loss {
        match network {
            "baseline" => Loss::Labels,
            _ => self.recipe.student.loss,
        }
    }

    fn to_onnx(&self, network: &str, trained: &Trained, students: &Students) -> Vec<u8> {
        let name = format!("{}-{network}", self.recipe.name);
        let provenance = self.provenance(network, trained, students);
        trained.model.to_onnx(&name, &provenance)
    }

    fn provenance(
        &self,
        network: &str,
        trained: &Trained,
        students: &Students,
    ) -> Vec<(String, String)> {
        let teacher = match self.loss(network).needs_teacher() {
            true => students.teacher.name(),
            false => "none",
        };
        let best = &trained.history[trained.best];
        let architecture = &self.recipe.student.architecture;
        [
            ("cadet.version", env!("CARGO_PKG_VERSION").to_string()),
            ("cadet.recipe", self.recipe.name.clone()),
            ("cadet.recipe_sha256", self.dir.recipe_sha256().to_string()),
            ("cadet.architecture", architecture.family().to_string()),
            ("cadet.teacher", teacher.to_string()),
            ("cadet.loss", self.loss(network).to_string()),
            ("cadet.train_sha256", hex(&self.train.fingerprint())),
            ("cadet.select_score", format!("{:.4}", best.select_score)),
        ]
        .map(|(key, value)| (key.to_string(), value))
        .into()
    }

    fn network_report(
        &self,
        network: &str,
        trained: &Trained,
        package: &Package,
        test: &Dataset,
        observer: &mut Observer<'_>,
    ) -> Result<NetworkReport, DistillError> {
        let threads = self.recipe.student.training.threads;
        let labels = test.labels().unwrap_or_default();
        let layers = trained.model.layers();
        let best = &trained.history[trained.best];
        let logits = trained.model.predict(test.inputs(), threads);
        let int8_logits = engine_logits(package, test, threads, observer)?;
        Ok(NetworkReport {
            architecture: self.recipe.student.architecture.family().into(),
            loss: self.loss(network).to_string(),
            used_labels: self.loss(network).needs_labels(),
            parameters: layers.parameters(),
            macs: layers.macs(),
            epochs: trained.history.len(),
            best_epoch: best.epoch,
            select_score: best.select_score,
            accuracy_f32: Accuracy::of(&logits, labels),
            accuracy_int8: Accuracy::of(&int8_logits, labels),
            package_bytes: package.bytes.len(),
            arena_bytes: package.arena_bytes,
        })
    }
}

impl Students {
    fn networks(&self) -> Vec<(&'static str, &Trained)> {
        let student = ("student", &self.student);
        let baseline = self.baseline.as_ref().map(|trained| ("baseline", trained));
        std::iter::once(student).chain(baseline).collect()
    }
}

fn stage(observer: &mut Observer<'_>, name: &str) -> Result<(), DistillError> {
    match observer(&Event::Stage(name)) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DistillError::Interrupted),
    }
}
