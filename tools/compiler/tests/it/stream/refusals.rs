//! What cannot run frame by frame is refused by name.

use cadet_compiler::{CompileError, Options, Stream, Strips, compile};
use cadet_onnx::GraphBuilder;

use super::{Along, PLAIN, conv, model, recurrent};
use crate::against_tract::random_constant;

fn options(name: &str, axis: usize, hop: Option<usize>) -> Options {
    Options {
        stream: Some(Stream {
            axes: [(name.into(), axis)].into(),
            hop,
        }),
        ..Options::float()
    }
}

#[test]
fn nodes_are_named_with_what_to_do() {
    type Case = (&'static str, &'static str, fn(&mut GraphBuilder));
    let cases: [Case; 8] = [
        ("Conv `y`", "pads behind the last frame", |graph| {
            let same = Along {
                pads: [1, 1],
                ..PLAIN
            };
            conv(graph, "x", "y", &[4, 4, 3], same);
        }),
        ("MaxPool `y`", "pads along time", |graph| {
            graph
                .node("MaxPool", "y", &["x"], &["y"])
                .attribute("kernel_shape", [3])
                .attribute("pads", [2, 0]);
        }),
        ("GRU `y`", "backwards", |graph| {
            graph
                .node("Transpose", "t", &["x"], &["t"])
                .attribute("perm", [2, 0, 1]);
            random_constant(graph, "w", &[1, 9, 4]);
            random_constant(graph, "r", &[1, 9, 3]);
            graph
                .node("GRU", "y", &["t", "w", "r"], &["y"])
                .attribute("hidden_size", 3)
                .attribute("direction", "reverse");
        }),
        ("Softmax `y`", "along time", |graph| {
            graph
                .node("Softmax", "y", &["x"], &["y"])
                .attribute("axis", 2);
        }),
        ("MatMul `y`", "attention", |graph| {
            graph
                .node("Transpose", "t", &["x"], &["t"])
                .attribute("perm", [0, 2, 1]);
            graph.node("MatMul", "y", &["t", "x"], &["y"]);
        }),
        ("Reshape `y`", "mixes time", |graph| {
            graph.constant_i64("shape", &[3], &[1, 8, 6]);
            graph.node("Reshape", "y", &["x", "shape"], &["y"]);
        }),
        ("Add `y`", "value of its own for each frame", |graph| {
            random_constant(graph, "positions", &[1, 4, 12]);
            graph.node("Add", "y", &["x", "positions"], &["y"]);
        }),
        ("Mul `y`", "joins", |graph| {
            graph.node("GlobalAveragePool", "mean", &["x"], &["gate"]);
            graph.node("Mul", "y", &["x", "gate"], &["y"]);
        }),
    ];
    for (node, reason, build) in cases {
        let onnx = model(&[1, 4, 12], &["y"], build);
        compile(&onnx, &Options::float()).unwrap();
        let error = compile(&onnx, &options("x", 2, None)).unwrap_err();
        let is_stream = matches!(error, CompileError::Stream(_));
        let error = error.to_string();
        assert!(
            is_stream && error.contains(node) && error.contains(reason) && error.contains("; "),
            "{node}, {reason}: {error}"
        );
    }
}

#[test]
fn options_are_checked() {
    let onnx = model(&[1, 4, 12], &["y"], |graph| {
        let strided = Along { stride: 2, ..PLAIN };
        conv(graph, "x", "a", &[4, 4, 2], strided);
        conv(graph, "a", "y", &[4, 4, 3], PLAIN);
    });
    let strips = Options {
        strips: Strips::Whole,
        ..options("x", 2, None)
    };
    for (options, reason) in [
        (options("z", 2, None), "no input `z`; it has [\"x\"]"),
        (options("x", 3, None), "no axis 3"),
        (options("x", 2, Some(3)), "a multiple of 2"),
        (options("x", 2, Some(0)), "a multiple of 2"),
        (options("x", 1, None), "channels"),
        (strips, "strips"),
    ] {
        let error = compile(&onnx, &options).unwrap_err().to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let mut recurrent_only = GraphBuilder::new("lengths");
    recurrent_only.input("x", cadet_onnx::ElementType::F32, [7, 1, 4]);
    recurrent(&mut recurrent_only, "GRU", ["x", "y", "last"], [4, 3]);
    recurrent_only.output("y", cadet_onnx::ElementType::F32, [0_usize; 0]);
    let error = compile(&recurrent_only.encode(), &options("x", 1, None)).unwrap_err();
    assert!(
        error.to_string().contains("not the axis of its steps"),
        "{error}"
    );
}
