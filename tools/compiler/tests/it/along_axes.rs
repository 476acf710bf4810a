//! Reductions, normalisations, products and recurrent layers, compared with tract: in ONNX's memory order and
//! behind a convolution, which lays images channels last.

use cadet_onnx::{ElementType, GraphBuilder};

use crate::against_tract::{agree, random_constant};

/// Adds operators that read `x` and write `y`.
type Build = fn(&mut GraphBuilder);

fn model(shape: &[usize], build: Build) -> Vec<u8> {
    let mut graph = GraphBuilder::new("along axes");
    graph.input("x", ElementType::F32, shape.iter().copied());
    build(&mut graph);
    graph.output("y", ElementType::F32, [0_usize; 0]);
    graph.encode()
}

fn all_agree(shape: &[usize], cases: &[(&str, Build)]) {
    for (name, build) in cases {
        println!("{name}");
        agree(&model(shape, *build));
    }
}

/// An image behind a convolution, as `image`.
fn image(graph: &mut GraphBuilder) {
    random_constant(graph, "filters", &[4, 3, 1, 1]);
    graph.node("Conv", "convolution", &["x", "filters"], &["image"]);
}

#[test]
fn reductions_of_images() {
    const CASES: &[(&str, Build)] = &[
        ("over the plane", |graph| {
            image(graph);
            graph
                .node("ReduceMean", "mean", &["image"], &["y"])
                .attribute("axes", [2, 3]);
        }),
        ("over the channels, which go", |graph| {
            image(graph);
            graph
                .node("ReduceMax", "max", &["image"], &["y"])
                .attribute("axes", [1])
                .attribute("keepdims", 0);
        }),
        ("over rows, between channels and columns", |graph| {
            image(graph);
            graph
                .node("ReduceL2", "norm", &["image"], &["y"])
                .attribute("axes", [-2])
                .attribute("keepdims", 0);
        }),
        ("over everything", |graph| {
            image(graph);
            graph.node("ReduceSumSquare", "sum", &["image"], &["y"]);
        }),
    ];
    all_agree(&[1, 3, 5, 4], CASES);
}

#[test]
fn normalisations_of_images() {
    const CASES: &[(&str, Build)] = &[
        ("LayerNormalization", |graph| {
            image(graph);
            random_constant(graph, "scale", &[4, 5, 4]);
            random_constant(graph, "bias", &[5, 4]);
            graph
                .node(
                    "LayerNormalization",
                    "norm",
                    &["image", "scale", "bias"],
                    &["y"],
                )
                .attribute("axis", 1);
        }),
        ("InstanceNormalization", |graph| {
            image(graph);
            random_constant(graph, "scale", &[4]);
            random_constant(graph, "bias", &[4]);
            graph.node(
                "InstanceNormalization",
                "norm",
                &["image", "scale", "bias"],
                &["y"],
            );
        }),
        ("LRN", |graph| {
            image(graph);
            graph
                .node("LRN", "norm", &["image"], &["y"])
                .attribute("size", 3)
                .attribute("alpha", 0.5);
        }),
        ("LpNormalization", |graph| {
            image(graph);
            graph
                .node("LpNormalization", "norm", &["image"], &["y"])
                .attribute("axis", 1)
                .attribute("p", 1);
        }),
        ("LogSoftmax", |graph| {
            image(graph);
            graph
                .node("LogSoftmax", "norm", &["image"], &["y"])
                .attribute("axis", 1);
        }),
    ];
    all_agree(&[1, 3, 5, 4], CASES);
}

#[test]
fn products_of_matrices() {
    const CASES: &[(&str, Build)] = &[
        ("Gemm of a transposed input and a matrix", |graph| {
            random_constant(graph, "b", &[6, 3]);
            random_constant(graph, "c", &[5, 6]);
            graph
                .node("Gemm", "gemm", &["x", "b", "c"], &["y"])
                .attribute("alpha", 0.5)
                .attribute("beta", 0.25)
                .attribute("transA", 1)
                .attribute("transB", 1);
        }),
        ("Gemm of activations", |graph| {
            random_constant(graph, "c", &[3, 1]);
            graph
                .node("Gemm", "gemm", &["x", "x", "c"], &["y"])
                .attribute("alpha", 0.5)
                .attribute("transB", 1);
        }),
        ("MatMul of a constant by an activation", |graph| {
            random_constant(graph, "a", &[2, 4, 3]);
            graph.node("MatMul", "product", &["a", "x"], &["y"]);
        }),
        ("MatMul of a vector", |graph| {
            random_constant(graph, "a", &[3]);
            graph.node("MatMul", "product", &["a", "x"], &["y"]);
        }),
        ("MatMul by the transposed input", |graph| {
            graph
                .node("Transpose", "transpose", &["x"], &["t"])
                .attribute("perm", [1, 0]);
            graph.node("MatMul", "product", &["t", "x"], &["y"]);
        }),
    ];
    all_agree(&[3, 5], CASES);
}

#[test]
fn sums_of_einstein() {
    macro_rules! case {
        ($equation:literal) => {
            ($equation, |graph: &mut GraphBuilder| {
                graph
                    .node("Einsum", "sum", &["x"], &["y"])
                    .attribute("equation", $equation);
            })
        };
        ($equation:literal, $shape:expr) => {
            ($equation, |graph: &mut GraphBuilder| {
                random_constant(graph, "w", &$shape);
                graph
                    .node("Einsum", "sum", &["x", "w"], &["y"])
                    .attribute("equation", $equation);
            })
        };
    }
    const CASES: &[(&str, Build)] = &[
        case!("abc->ca"),
        case!("abc->b"),
        case!("...c->c..."),
        case!("abc,cd->abd", [4, 6]),
        case!("abc,dbc->ad", [5, 3, 4]),
        case!("abc,acd->abd", [2, 4, 5]),
        case!("abc,adc->dab", [2, 5, 4]),
        case!("abc,bd->adb", [3, 2]),
        case!("a...,a...->...", [2, 3, 4]),
        ("abc,adc->abd", |graph| {
            graph
                .node("Einsum", "sum", &["x", "x"], &["y"])
                .attribute("equation", "abc,adc->abd");
        }),
    ];
    all_agree(&[2, 3, 4], CASES);
}

/// Weights of a recurrent layer of 4 inputs and 3 hidden units.
fn weights(graph: &mut GraphBuilder, gates: usize, directions: usize) {
    random_constant(graph, "w", &[directions, 3 * gates, 4]);
    random_constant(graph, "r", &[directions, 3 * gates, 3]);
    random_constant(graph, "b", &[directions, 6 * gates]);
}

#[test]
fn recurrent_layers() {
    const CASES: &[(&str, Build)] = &[
        ("LSTM from given states, with peepholes", |graph| {
            weights(graph, 4, 1);
            random_constant(graph, "h", &[1, 2, 3]);
            random_constant(graph, "c", &[1, 2, 3]);
            random_constant(graph, "p", &[1, 9]);
            let inputs = ["x", "w", "r", "b", "", "h", "c", "p"];
            graph
                .node("LSTM", "layer", &inputs, &["y"])
                .attribute("hidden_size", 3);
        }),
        ("LSTM in both directions", |graph| {
            weights(graph, 4, 2);
            graph
                .node("LSTM", "layer", &["x", "w", "r", "b"], &["y"])
                .attribute("direction", "bidirectional")
                .attribute("hidden_size", 3);
        }),
        // Not backwards: there tract 0.23.9 differs from ONNX Runtime.
        ("GRU", |graph| {
            weights(graph, 3, 1);
            graph
                .node("GRU", "layer", &["x", "w", "r", "b"], &["y"])
                .attribute("hidden_size", 3);
        }),
        ("GRU as PyTorch exports it", |graph| {
            weights(graph, 3, 1);
            graph
                .node("GRU", "layer", &["x", "w", "r", "b"], &["states"])
                .attribute("linear_before_reset", 1)
                .attribute("hidden_size", 3);
            graph.constant_i64("one", &[1], &[1]);
            graph.node("Squeeze", "squeeze", &["states", "one"], &["y"]);
        }),
        ("RNN, its last state", |graph| {
            weights(graph, 1, 1);
            graph
                .node("RNN", "layer", &["x", "w", "r", "b"], &["", "y"])
                .attribute("hidden_size", 3);
        }),
    ];
    all_agree(&[5, 2, 4], CASES);
}
