//! Models with operators that have no kernel, packaged whole for hosts.

use std::fs;

use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::{Desk, TARGETS, json};

#[test]
fn a_model_with_unsupported_nodes_is_packaged_whole_where_asked() {
    let desk = Desk::new();
    fs::write(desk.path("wide.onnx"), wide_model()).unwrap();
    let error = desk.fail(&["pack", "wide.onnx"]);
    assert!(
        error.contains("Exp `exp`") && error.contains("--fallback packages"),
        "{error}"
    );
    assert!(!desk.path("wide.cadet").exists());
    let output = desk.cadet(&["fit", "wide.onnx", "--json"]);
    let refused = json(std::str::from_utf8(&output.stdout).unwrap());
    assert!(
        refused["fallback"]
            .as_str()
            .unwrap()
            .contains("--fallback packages")
    );

    let report = json(&desk.succeed(&["pack", "wide.onnx", "--fallback", "--json"]));
    let steps = report["steps"].as_array().unwrap();
    assert!(steps.len() == 3 && steps.iter().all(|step| step["kernel"] == "tract"));
    assert_eq!(report["fallback"].as_array().unwrap().len(), 3);
    let fit = desk.succeed(&["fit", "wide.onnx", "--fallback"]);
    assert!(
        fit.contains("hosts only") && fit.contains("Exp `exp`"),
        "{fit}"
    );

    let verify = json(&desk.succeed(&["verify", "wide.cadet", "--json"]));
    assert_eq!(verify["golden_vectors"], 2);
    desk.succeed(&["verify", "wide.cadet", "--model", "wide.onnx"]);
    let error = desk.fail(&["verify", "wide.cadet", "--model", "model.onnx"]);
    assert!(
        error.contains("not the model that the package holds"),
        "{error}"
    );
    fs::write(desk.path("one.jsonl"), "[0, 1, 2, -1]\n").unwrap();
    let run = json(&desk.succeed(&["run", "wide.cadet", "--input", "one.jsonl", "--json"]));
    let values = run["outputs"][0]["values"].as_array().unwrap();
    for (value, x) in values.iter().zip([0.0_f64, 1.0, 2.0, -1.0]) {
        assert!((value.as_f64().unwrap() - x.exp()).abs() < 1e-5, "{run}");
    }
    desk.succeed(&["bench", "wide.cadet", "--seconds", "0.01"]);
    let inspect = desk.succeed(&["inspect", "wide.cadet"]);
    assert!(
        inspect.contains("onnx_graph f32") && inspect.contains("ONNX "),
        "{inspect}"
    );

    let flash = [
        "flash",
        "wide.cadet",
        "--target",
        "mps2-an386",
        "--targets",
        TARGETS,
    ];
    let error = desk.fail(&flash);
    assert!(error.contains("a whole ONNX model for hosts"), "{error}");
    let board = ["--board", "mps2-an386", "--targets", TARGETS];
    let arguments = [&["pack", "wide.onnx", "--fallback", "--force"][..], &board].concat();
    assert_eq!(desk.cadet(&arguments).status.code(), Some(2));
}

#[test]
fn a_whole_model_that_computes_something_else_is_found() {
    let desk = Desk::new();
    fs::write(desk.path("wide.onnx"), wide_model()).unwrap();
    desk.succeed(&["pack", "wide.onnx", "--fallback"]);
    // The second element's exponent.
    desk.tamper("wide.cadet", "GOUT", 7, |it| *it ^= 1);
    let error = desk.fail(&["verify", "wide.cadet"]);
    assert!(
        error.contains("golden vector 0: output `y`") && error.contains("at element 1"),
        "{error}"
    );
}

/// `exp(x)` of `[1, 4]` in double precision, for which there is no kernel.
fn wide_model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("wide");
    graph.input("x", ElementType::F32, [1, 4]);
    graph
        .node("Cast", "widen", &["x"], &["d"])
        .attribute("to", 11);
    graph.node("Exp", "exp", &["d"], &["e"]);
    graph
        .node("Cast", "narrow", &["e"], &["y"])
        .attribute("to", 1);
    graph.output("y", ElementType::F32, [1, 4]);
    graph.encode()
}
