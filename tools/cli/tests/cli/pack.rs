//! `cadet pack`: what it leaves alone, and what it refuses.

use std::fs;

use cadet_onnx::{ElementType, GraphBuilder};

use crate::support::{Desk, TARGETS, json};

#[test]
fn a_package_is_never_replaced_unasked() {
    let desk = Desk::new();
    let bytes = desk.packed();
    let error = desk.fail(&["pack", "model.onnx"]);
    assert!(
        error.contains("model.cadet exists") && error.contains("--force"),
        "{error}"
    );
    assert_eq!(fs::read(desk.path("model.cadet")).unwrap(), bytes);
    desk.succeed(&["pack", "model.onnx", "--force"]);
    assert_ne!(fs::read(desk.path("model.cadet")).unwrap(), bytes);
}

#[test]
fn all_unsupported_nodes_are_listed_at_once() {
    let desk = Desk::new();
    let mut graph = GraphBuilder::new("odd");
    graph.input("x", ElementType::F32, [1, 2, 4, 4]);
    graph.node("Bernoulli", "coin", &["x"], &["a"]);
    graph.node("Relu", "fine", &["a"], &["b"]);
    graph.node("RandomNormalLike", "noise", &["b"], &["y"]);
    graph.output("y", ElementType::F32, [1, 2, 4, 4]);
    fs::write(desk.path("odd.onnx"), graph.encode()).unwrap();
    for verb in ["pack", "fit"] {
        let error = desk.fail(&[verb, "odd.onnx"]);
        assert!(
            error.contains("Bernoulli `coin`") && error.contains("RandomNormalLike `noise`"),
            "{error}"
        );
        assert!(
            error.contains("[1, 2, 4, 4]") && !error.contains("`fine`"),
            "{error}"
        );
    }
    assert!(!desk.path("odd.cadet").exists());
    let output = desk.cadet(&["fit", "odd.onnx", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let refused = json(std::str::from_utf8(&output.stdout).unwrap());
    let nodes = refused["unsupported"].as_array().unwrap();
    assert_eq!(nodes.len(), 2);
    assert_eq!(nodes[0]["op"], "Bernoulli");
    let suggestion = nodes[0]["suggestion"].as_str().unwrap();
    assert!(suggestion.contains("inference mode"), "{suggestion}");
    fs::write(desk.path("junk.onnx"), "junk").unwrap();
    let error = desk.fail(&["pack", "junk.onnx"]);
    assert!(
        error.contains("junk.onnx") && error.contains("not a valid ONNX model"),
        "{error}"
    );
}

#[test]
fn a_package_too_large_for_its_board_is_not_written() {
    let desk = Desk::new();
    let board = fs::read_to_string(format!("{TARGETS}/mps2-an386/board.toml")).unwrap();
    let small = board
        .replace("mps2-an386\"", "small\"")
        .replace("bytes = 4_194_304", "bytes = 64");
    fs::create_dir_all(desk.path("boards/small")).unwrap();
    fs::write(desk.path("boards/small/board.toml"), small).unwrap();
    let onto = ["--board", "small", "--targets", "boards", "-o", "s.cadet"];
    let error = desk.fail(&[&["pack", "model.onnx"][..], &onto].concat());
    assert!(error.contains("does not fit small"), "{error}");
    assert!(!desk.path("s.cadet").exists());
}
