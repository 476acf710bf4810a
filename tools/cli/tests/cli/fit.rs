//! `cadet fit`: the figures of a board, and the map of the memory.

use std::fs;

use crate::support::{Desk, TARGETS, json};

#[test]
fn unknown_boards_are_answered_with_the_known_ones() {
    let desk = Desk::new();
    let error = desk.fail(&[
        "fit",
        "model.onnx",
        "--board",
        "toaster",
        "--targets",
        TARGETS,
    ]);
    assert!(
        error.contains("toaster") && error.contains("mps2-an386"),
        "{error}"
    );
    let fit = desk.succeed(&[
        "fit",
        "model.onnx",
        "--board",
        "mps2-an386",
        "--targets",
        TARGETS,
    ]);
    assert!(fit.contains("board  mps2-an386"), "{fit}");
    assert!(fit.contains("time   ") && fit.contains("stack  "), "{fit}");
    let model = "ms at 25 MHz, no wait states and one instruction a cycle";
    assert!(fit.contains(model) && fit.contains("(± "), "{fit}");
    let board = ["--board", "mps2-an386", "--targets", TARGETS];
    let fit =
        json(&desk.succeed(&[&["fit", "model.onnx", "--int8", "--json"][..], &board].concat()));
    let on_board = &fit["on_board"];
    let steps = on_board["steps"].as_array().unwrap();
    assert_eq!(steps.len(), fit["steps"].as_array().unwrap().len());
    let sum: u64 = steps.iter().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(on_board["instructions"].as_u64(), Some(sum));
    // 25 MHz.
    assert_eq!(on_board["microseconds"].as_f64(), Some(sum as f64 / 25.0));
    assert!(on_board["stack_bytes"].as_u64().unwrap() > 128, "{fit}");
    let fit = json(&desk.succeed(&["fit", "model.onnx", "--json"]));
    assert!(fit.get("on_board").is_none(), "no board, no figures");
}

#[test]
fn the_memory_map_shows_every_buffer_and_step() {
    let desk = Desk::new();
    for name in ["map.svg", "map.html"] {
        let fit = json(&desk.succeed(&["fit", "model.onnx", "--json", "--memory-map", name]));
        let map = fs::read_to_string(desk.path(name)).unwrap();
        let buffers = fit["buffers"].as_array().unwrap();
        assert_eq!(map.matches("<rect class=\"box\"").count(), buffers.len());
        for buffer in buffers {
            let title = format!("<title>{}: ", buffer["name"].as_str().unwrap());
            assert!(map.contains(&title), "{title} in {map}");
        }
        for step in fit["steps"].as_array().unwrap() {
            assert!(map.contains(step["kernel"].as_str().unwrap()), "{map}");
        }
        let arena = format!("arena {} bytes", fit["arena_bytes"]);
        assert!(map.contains(&arena), "{arena} in {map}");
        assert!(map.contains("class=\"peak\"") && map.contains("class=\"bound\""));
    }
    let error = desk.fail(&["fit", "model.onnx", "--memory-map", "map.svg"]);
    assert!(error.contains("map.svg exists"), "{error}");
    let output = desk.cadet(&["fit", "model.onnx", "--memory-map", "map.png"]);
    assert_eq!(output.status.code(), Some(2));
}
