//! From a recipe to a report, on a small synthetic task.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use cadet_distill::{DistillError, Event, Report, distill};

const RECIPE: &str = r#"
name = "small"
seed = 3
baseline = true

[data]
select_rows = 100

[data.source.synthetic]
task = "gestures"
rows = 900
test_rows = 300
seed = 7

[teacher.train.architecture.cnn]
kernel = [5, 1]
channels = [12, 16]
strides = [2, 2]
head = "average"

[teacher.train.training]
epochs = 4
batch = 32
learning_rate = 0.01

[student.architecture.ds-cnn]
stem_kernel = [5, 1]
stem_channels = 8
stem_stride = 2
kernel = [3, 1]
channels = [12]
strides = [2]
head = "average"

[student.loss.teacher]
temperature = 2.0

[student.training]
epochs = 3
batch = 32
learning_rate = 0.01
shift = [2, 0]

[budget]
package_bytes = 16384
arena_bytes = 4096
"#;

struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn recipe(&self, text: &str) -> PathBuf {
        let path = self.folder.path().join("recipe.toml");
        fs::write(&path, text).unwrap();
        path
    }

    fn runs(&self) -> PathBuf {
        self.folder.path().join("runs")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.runs().join("small").join(name)
    }
}

fn go_on(_: &Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The report without what differs from run to run.
fn result(report: &Report) -> String {
    let mut report = report.clone();
    report.seconds.clear();
    format!("{report:?}")
}

#[test]
fn a_killed_run_reports_what_one_that_was_not_killed_reports() {
    let straight = Folder::new();
    let expected = distill(&straight.recipe(RECIPE), &straight.runs(), &mut go_on).unwrap();
    assert_eq!((expected.train_rows, expected.select_rows), (800, 100));
    assert_eq!((expected.test_rows, expected.test_readings), (300, 1));
    assert!(expected.teacher_accuracy.share > 0.3);
    assert!(!expected.student.used_labels);
    assert!(expected.baseline.as_ref().unwrap().used_labels);
    assert!(expected.student.arena_bytes <= 4096);

    let killed = Folder::new();
    let recipe = killed.recipe(RECIPE);
    for (network, epoch) in [("teacher", 2), ("student", 3), ("baseline", 1)] {
        let stopped = distill(&recipe, &killed.runs(), &mut |event| match event {
            Event::Training {
                network: at,
                progress,
            } if *at == network && progress.epoch == epoch => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        assert!(matches!(stopped, Err(DistillError::Interrupted)));
    }
    let resumed = distill(&recipe, &killed.runs(), &mut go_on).unwrap();
    assert_eq!(result(&resumed), result(&expected));
    for name in [
        "student.onnx",
        "student.cadet",
        "baseline.onnx",
        "receipt.json",
    ] {
        let [left, right] = [&straight, &killed].map(|run| fs::read(run.file(name)).unwrap());
        assert!(left == right, "{name} differs");
    }
    assert!(
        fs::read_to_string(killed.file("report.md"))
            .unwrap()
            .contains("| student, int8 |")
    );

    // Finished: the report comes back, and nothing is read or trained again.
    let again = distill(&recipe, &killed.runs(), &mut |event| {
        panic!("a finished run does {event:?}")
    });
    assert_eq!(result(&again.unwrap()), result(&expected));
    let log = fs::read_to_string(killed.runs().join("test-readings.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 1);

    // Another recipe of the same name changes nothing there.
    let before = fs::read(killed.file("recipe.toml")).unwrap();
    let other = killed.recipe(&RECIPE.replace("seed = 3", "seed = 4"));
    let error = distill(&other, &killed.runs(), &mut go_on).unwrap_err();
    assert!(matches!(error, DistillError::OtherRecipe { .. }), "{error}");
    assert_eq!(fs::read(killed.file("recipe.toml")).unwrap(), before);
}

#[test]
fn a_student_over_budget_is_refused_before_training() {
    let folder = Folder::new();
    let recipe = folder.recipe(&RECIPE.replace("arena_bytes = 4096", "arena_bytes = 100"));
    let error = distill(&recipe, &folder.runs(), &mut |event| {
        assert!(!matches!(event, Event::Training { .. }), "training began");
        ControlFlow::Continue(())
    })
    .unwrap_err();
    assert!(
        matches!(error, DistillError::OverBudget { limit: 100, .. }),
        "{error}"
    );
}

#[test]
fn bad_recipes_and_missing_teachers_leave_no_run_directory() {
    let folder = Folder::new();
    let refuse = |text: &str| {
        let error = distill(&folder.recipe(text), &folder.runs(), &mut go_on).unwrap_err();
        assert!(!folder.runs().exists(), "{error}");
        error.to_string()
    };
    let unknown = refuse(&RECIPE.replace("batch = 32", "batch = 32\nmomentum = 0.9"));
    assert!(
        unknown.contains("momentum") && unknown.contains("line"),
        "{unknown}"
    );

    let start = RECIPE.find("[teacher").unwrap();
    let end = RECIPE.find("[student").unwrap();
    let teacher = "[teacher.onnx]\npath = \"nowhere/teacher.onnx\"\n\n";
    let missing = refuse(&format!("{}{teacher}{}", &RECIPE[..start], &RECIPE[end..]));
    assert!(missing.contains("nowhere/teacher.onnx"), "{missing}");

    let misfit = refuse(&RECIPE.replace("strides = [2]\n", "strides = [2, 1]\n"));
    assert!(misfit.contains("`strides` 2"), "{misfit}");
    assert!(!Path::new("runs").exists());
}
