//! `cadet pack --floor`, on Arm's keyword spotter DS-CNN S.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const ELEMENTS: usize = 490;
const CALIB: std::ops::Range<usize> = 0..50;
const EVAL: std::ops::Range<usize> = 50..150;

/// A folder with the model, samples to calibrate, and samples to measure with their classes.
struct Desk(TempDir);

impl Desk {
    /// `None`, with a message, where the test data is missing.
    fn new() -> Option<Desk> {
        let root = std::env::var_os("CADET_DATA").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
            PathBuf::from,
        );
        let root = root.join("ml-kws-for-mcu");
        if !root.exists() {
            println!("skipped: no {} (set CADET_DATA)", root.display());
            return None;
        }
        let desk = Desk(tempfile::tempdir().unwrap());
        fs::copy(root.join("onnx/DS_CNN_S.onnx"), desk.path("s.onnx")).unwrap();
        let features = fs::read(root.join("features/mfcc_1000x49x10_f32.bin")).unwrap();
        let rows: Vec<String> = features
            .chunks_exact(4 * ELEMENTS)
            .map(|row| {
                let floats = row.as_chunks().0.iter();
                let floats: Vec<f32> = floats.map(|&it| f32::from_le_bytes(it)).collect();
                format!("{floats:?}\n")
            })
            .collect();
        let labels = fs::read_to_string(root.join("features/labels.csv")).unwrap();
        let class = |line: &str| format!("{}\n", line.split(',').nth(1).unwrap());
        let classes: Vec<String> = labels.lines().map(class).collect();
        fs::write(desk.path("calib.jsonl"), rows[CALIB].concat()).unwrap();
        fs::write(desk.path("eval.jsonl"), rows[EVAL].concat()).unwrap();
        fs::write(desk.path("shared.jsonl"), rows[49..150].concat()).unwrap();
        fs::write(desk.path("classes.txt"), classes[EVAL].concat()).unwrap();
        Some(desk)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `cadet pack s.onnx` with these arguments.
    fn pack(&self, arguments: &str) -> Output {
        let fixed = [
            "pack",
            "s.onnx",
            "--calib",
            "calib.jsonl",
            "--force",
            "--json",
        ];
        Command::new(env!("CARGO_BIN_EXE_cadet"))
            .args(fixed)
            .args(arguments.split(' '))
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }
}

fn search(output: &Output) -> Value {
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report["search"].clone()
}

fn scores(search: &Value) -> Vec<Option<f64>> {
    let trials = search["trials"].as_array().unwrap().iter();
    trials.map(|trial| trial["score"].as_f64()).collect()
}

#[test]
fn layers_are_promoted_until_the_floor_is_reached() {
    let Some(desk) = Desk::new() else { return };
    let output = desk.pack("--eval eval.jsonl --eval-classes classes.txt --floor acc=0.7");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.contains("f32: acc 0.") && stderr.contains("int8: acc 0."),
        "{stderr}"
    );
    let easy = search(&output);
    assert_eq!(scores(&easy).len(), 1, "int8 is good enough as it is");
    let drift = easy["drift"].as_array().unwrap();
    assert_eq!(drift.len(), 12, "a row for each step");
    assert!(drift.iter().all(|it| it["own"].as_f64() > Some(0.0)));
    let small = fs::metadata(desk.path("s.cadet")).unwrap().len();

    let output = desk.pack("--eval eval.jsonl --floor agree=0.97");
    assert_eq!(output.status.code(), Some(0));
    let hard = search(&output);
    let scores = scores(&hard);
    assert!(scores.len() > 1 && scores[0] < Some(0.97), "{scores:?}");
    assert!(*scores.last().unwrap() >= Some(0.97));
    assert_eq!(
        hard["kept_float"].as_array().unwrap().len(),
        scores.len() - 1
    );
    assert!(fs::metadata(desk.path("s.cadet")).unwrap().len() > small);
    assert!(!desk.path("s.below-floor.cadet").exists());
}

#[test]
fn the_budget_stops_promotion_and_the_best_package_is_kept_apart() {
    let Some(desk) = Desk::new() else { return };
    let output = desk.pack("--eval eval.jsonl --floor agree=1 --budget flash=40k,ram=34k");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("over the budget"), "{stderr}");
    assert!(
        stderr.contains("the floor agree=1 is missed: the best package has 0."),
        "{stderr}"
    );
    assert!(!desk.path("s.cadet").exists());
    let kept = fs::metadata(desk.path("s.below-floor.cadet"))
        .unwrap()
        .len();
    assert!(kept <= 40 * 1024);
    let search = search(&output);
    let scores = scores(&search);
    assert!(
        scores.contains(&None) && scores.len() > 12,
        "every layer was tried: {scores:?}"
    );
    let best = scores.iter().flatten().copied().fold(0.0, f64::max);
    assert_eq!(
        search["reached"], best,
        "later trials do not replace a better one"
    );

    let output = desk.pack("--eval eval.jsonl --floor agree=0.5 --budget ram=4k -o small.cadet");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("more than the budget"), "{stderr}");
    assert!(!desk.path("small.cadet").exists());
}

#[test]
fn sets_that_cannot_measure_are_refused() {
    let Some(desk) = Desk::new() else { return };
    for (arguments, reason) in [
        (
            "--eval shared.jsonl --floor agree=0.9",
            "row 0 of --eval is row 49 of --calib",
        ),
        (
            "--eval eval.jsonl --floor acc=0.9",
            "acc needs --eval-classes",
        ),
        ("--floor agree=0.9", "--eval"),
    ] {
        let output = desk.pack(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && stderr.contains(reason),
            "{stderr}"
        );
    }
    let short = "--eval eval.jsonl --eval-classes short.txt --floor acc=0.9";
    fs::write(desk.path("short.txt"), "1\n2\n").unwrap();
    let stderr = desk.pack(short).stderr;
    let stderr = String::from_utf8_lossy(&stderr);
    assert!(stderr.contains("2 classes for 100 rows"), "{stderr}");
    assert!(!desk.path("s.cadet").exists() && !desk.path("s.below-floor.cadet").exists());
}
