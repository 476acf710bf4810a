//! `cadet verify`, by golden vectors and against the model.

use std::fs;

use crate::support::{Desk, json, model};

#[test]
fn the_first_step_that_breaks_its_golden_vector_is_named() {
    let desk = Desk::new();
    desk.packed();
    // Behind the header of 16 bytes: the checksum of the second step for the first vector.
    desk.tamper("model.cadet", "GOLD", 20, |it| *it = 0);
    let error = desk.fail(&["verify", "model.cadet"]);
    assert!(
        error.contains("golden vector 0 diverges first at step 1 (dense)"),
        "{error}"
    );
    assert!(
        error.contains("scalar reference computes this too"),
        "{error}"
    );
}

#[test]
fn packages_are_compared_with_their_model() {
    let desk = Desk::new();
    for io in ["onnx", "nhwc"] {
        desk.succeed(&["pack", "model.onnx", "--force", "--io", io, "--no-fuse"]);
        let arguments = ["verify", "model.cadet", "--model", "model.onnx", "--json"];
        let verdict = json(&desk.succeed(&arguments));
        let tensors = verdict["tensors"].as_array().unwrap();
        let names: Vec<_> = tensors
            .iter()
            .map(|it| it["tensor"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["c", "r", "f", "y"]);
        assert!(
            tensors
                .iter()
                .all(|it| it["max_rel"].as_f64().unwrap() < 1e-6)
        );
    }
    desk.succeed(&[
        "verify",
        "model.cadet",
        "--model",
        "model.onnx",
        "--input",
        "samples.jsonl",
    ]);

    // The exponent of the first weight, which is the convolution's.
    desk.tamper("model.cadet", "WGT0", 3, |it| *it = 0x40);
    let error = desk.fail(&["verify", "model.cadet", "--model", "model.onnx"]);
    assert!(
        error.contains("`c`, written by step conv, is the first tensor"),
        "{error}"
    );

    desk.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl", "--force"]);
    let arguments = [
        "verify",
        "model.cadet",
        "--model",
        "model.onnx",
        "--input",
        "samples.jsonl",
    ];
    assert!(desk.succeed(&arguments).contains("mean LSB"));
    let verdict = json(&desk.succeed(&[&arguments[..], &["--json"]].concat()));
    let drift = verdict["tensors"][0]["lsb"]["max"].as_f64().unwrap();
    assert!(drift > 0.0 && drift < 4.0, "{drift}");

    let mut other = model();
    other.extend([0x7a, 0]);
    fs::write(desk.path("other.onnx"), other).unwrap();
    let error = desk.fail(&["verify", "model.cadet", "--model", "other.onnx"]);
    assert!(error.contains("other.onnx is not the model"), "{error}");
}
