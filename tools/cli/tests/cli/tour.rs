//! One model by every verb of the way to a package that runs.

use std::fs;

use crate::support::{Desk, json};

#[test]
fn a_model_is_fitted_packed_inspected_verified_run_and_timed() {
    let desk = Desk::new();
    let fit = json(&desk.succeed(&["fit", "model.onnx", "--int8", "--json"]));
    let pack = json(&desk.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl", "--json"]));
    assert_eq!(fit["arena_bytes"], pack["arena_bytes"]);
    let bytes = fs::read(desk.path("model.cadet")).unwrap().len();
    assert_eq!(pack["flash"]["total"], bytes);
    for part in ["weights", "plan", "golden"] {
        assert_eq!(
            fit["flash"][part], pack["flash"][part],
            "`fit` foretells {part}"
        );
    }

    let inspect = json(&desk.succeed(&["inspect", "model.cadet", "--json"]));
    assert_eq!(inspect["arena_bytes"][0], pack["arena_bytes"]);
    assert_eq!(inspect["inputs"][0]["name"], "x");
    let sections = inspect["sections"].as_array().unwrap();
    assert!(sections.iter().any(|it| it["tag"] == "GOLD"));
    let conv = &inspect["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "conv")
        .unwrap();
    assert_eq!(conv["params"]["window"]["kernel"], json("[3, 3]"));
    assert_eq!(conv["golden_crcs"].as_array().unwrap().len(), 2);
    let facts = &inspect["provenance"];
    assert_eq!(facts["model.file"], "model.onnx");
    assert_eq!(facts["options.calibration.rows"], "8");
    let model_id = inspect["model_id"].as_str().unwrap();
    assert!(
        facts["model.sha256"]
            .as_str()
            .unwrap()
            .starts_with(model_id)
    );

    let text = desk.succeed(&["inspect", "model.cadet"]);
    assert!(
        text.contains("conv2d i8 onnx") && !text.contains("window.kernel"),
        "{text}"
    );
    let text = desk.succeed(&["inspect", "model.cadet", "--steps", "--tensors"]);
    for part in ["window.kernel", "golden", "arena0", "WGT0"] {
        assert!(text.contains(part), "{part}: {text}");
    }

    let verify = json(&desk.succeed(&["verify", "model.cadet", "--json"]));
    assert_eq!(verify["guards_intact"], true);
    assert!(verify["golden_vectors"].as_u64().unwrap() > 0);
    let (touched, promised) = (
        verify["arena_touched"].as_u64(),
        verify["arena_bytes"].as_u64(),
    );
    assert!(touched > Some(0) && touched <= promised);

    let lines = desk.succeed(&["run", "model.cadet", "--input", "samples.jsonl", "--json"]);
    assert_eq!(lines.lines().count(), 8);
    assert_eq!(
        json(lines.lines().next().unwrap())["outputs"][0]["values"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let bench = json(&desk.succeed(&["bench", "model.cadet", "--seconds", "0.01", "--json"]));
    assert!(bench["minimum_us"].as_f64().unwrap() > 0.0);
}
