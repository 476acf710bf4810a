//! `cadet profile`: each step's time and multiplications.

use crate::support::{Desk, json};

#[test]
fn steps_have_times_and_the_multiplications_that_fit_counts() {
    let desk = Desk::new();
    desk.packed();
    let fit = json(&desk.succeed(&["fit", "model.onnx", "--int8", "--json"]));
    let wanted: Vec<&serde_json::Value> = fit["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["macs"])
        .collect();
    for arguments in [&[][..], &["--isa", "scalar"]] {
        let quick = [
            "profile",
            "model.cadet",
            "--seconds",
            "0",
            "--runs",
            "3",
            "--json",
        ];
        let profile = json(&desk.succeed(&[&quick[..], arguments].concat()));
        let steps = profile["steps"].as_array().unwrap();
        let macs: Vec<&serde_json::Value> = steps.iter().map(|it| &it["macs"]).collect();
        assert_eq!(macs, wanted);
        assert_eq!(profile["macs"], fit["macs"]);
        assert_eq!(profile["runs"], 3);
        let shares = steps.iter().map(|it| it["share"].as_f64().unwrap());
        assert!((shares.sum::<f64>() - 1.0).abs() < 1e-6);
        for number in [
            "minimum_us",
            "median_us",
            "clock_ghz",
            "peak_f32_macs_per_cycle",
            "peak_i8_macs_per_cycle",
        ] {
            assert!(profile[number].as_f64().unwrap() > 0.0, "{number}");
        }
    }
    assert_eq!(
        json(&desk.succeed(&[
            "profile",
            "model.cadet",
            "--isa",
            "scalar",
            "--json",
            "--seconds",
            "0"
        ]))["isa"],
        "scalar"
    );
    let text = desk.succeed(&["profile", "model.cadet", "--seconds", "0.01"]);
    for part in [
        "conv2d i8 onnx",
        "MACs/cycle",
        "of peak",
        "its steps add up to",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn instructions_that_are_not_there_are_refused() {
    let desk = Desk::new();
    desk.packed();
    let error = desk.fail(&["profile", "model.cadet", "--isa", "abacus"]);
    assert!(
        error.contains("--isa abacus: this processor has scalar"),
        "{error}"
    );
}
