//! `cadet run`: what comes out, and which samples go in.

use std::fs;

use crate::support::{Desk, json};

#[test]
fn float_and_int8_packages_agree() {
    let desk = Desk::new();
    desk.packed();
    desk.succeed(&["pack", "model.onnx", "-o", "float.cadet"]);
    let outputs = |package: &str| -> Vec<f64> {
        let lines = desk.succeed(&["run", package, "--input", "samples.jsonl", "--json"]);
        let values = lines
            .lines()
            .map(json)
            .map(|line| line["outputs"][0]["values"].clone());
        values
            .flat_map(|v| v.as_array().unwrap().clone())
            .map(|v| v.as_f64().unwrap())
            .collect()
    };
    let (float, int8) = (outputs("float.cadet"), outputs("model.cadet"));
    let largest = float.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    assert!(largest > 0.1);
    for (f, q) in float.iter().zip(int8) {
        assert!((f - q).abs() < 0.03 * largest, "{f} in float, {q} in int8");
    }
}

#[test]
fn samples_of_another_shape_are_refused() {
    let desk = Desk::new();
    desk.packed();
    fs::write(desk.path("short.jsonl"), "[1, 2, 3]\n").unwrap();
    for arguments in [
        &["run", "model.cadet", "--input", "short.jsonl"][..],
        &[
            "pack",
            "model.onnx",
            "-o",
            "new.cadet",
            "--calib",
            "short.jsonl",
        ],
    ] {
        let error = desk.fail(arguments);
        assert!(
            error.contains("line 1 has 3 numbers, a sample has 16"),
            "{error}"
        );
    }
    assert!(!desk.path("new.cadet").exists());
    let error = desk.fail(&["run", "model.cadet"]);
    assert!(error.contains("1 inputs, 0 files were given"), "{error}");
}
