//! Models over time, frame by frame and over the whole window: the same bytes.

mod check;
mod layers;
mod padding;
mod random;
mod refusals;

use cadet_onnx::{ElementType, GraphBuilder};

use crate::against_tract::random_constant;

/// A model with the input `x` of this shape and outputs of these names.
pub(crate) fn model(
    shape: &[usize],
    outputs: &[&str],
    build: impl FnOnce(&mut GraphBuilder),
) -> Vec<u8> {
    let mut graph = GraphBuilder::new("over time");
    graph.input("x", ElementType::F32, shape.iter().copied());
    build(&mut graph);
    for name in outputs {
        graph.output(name, ElementType::F32, [0_usize; 0]);
    }
    graph.encode()
}

/// A convolution of `x` into `y`, with random weights of this shape.
pub(crate) fn conv(graph: &mut GraphBuilder, x: &str, y: &str, weights: &[usize], window: Along) {
    let (w, b) = (format!("{y} weights"), format!("{y} bias"));
    random_constant(graph, &w, weights);
    random_constant(graph, &b, &weights[..1]);
    let group = if weights[1] == 1 && window.depthwise {
        weights[0] as i64
    } else {
        1
    };
    graph
        .node("Conv", y, &[x, &w, &b], &[y])
        .attribute("strides", [window.stride])
        .attribute("dilations", [window.dilation])
        .attribute("pads", window.pads)
        .attribute("group", group);
}

/// A window along time, the only spatial axis.
#[derive(Clone, Copy)]
pub(crate) struct Along {
    pub(crate) stride: i64,
    pub(crate) dilation: i64,
    pub(crate) pads: [i64; 2],
    pub(crate) depthwise: bool,
}

pub(crate) const PLAIN: Along = Along {
    stride: 1,
    dilation: 1,
    pads: [0, 0],
    depthwise: false,
};

pub(crate) fn before(pad: i64) -> Along {
    Along {
        pads: [pad, 0],
        ..PLAIN
    }
}

/// A recurrent layer over `x` `[t, 1, i]` with random weights.
pub(crate) fn recurrent(
    graph: &mut GraphBuilder,
    op: &str,
    [x, y, last]: [&str; 3],
    [inputs, hidden]: [usize; 2],
) {
    let gates = match op {
        "LSTM" => 4,
        "GRU" => 3,
        _ => 1,
    };
    let [w, r, b] = ["w", "r", "b"].map(|it| format!("{y} {it}"));
    random_constant(graph, &w, &[1, gates * hidden, inputs]);
    random_constant(graph, &r, &[1, gates * hidden, hidden]);
    random_constant(graph, &b, &[1, 2 * gates * hidden]);
    graph
        .node(op, y, &[x, &w, &r, &b], &[y, last])
        .attribute("hidden_size", hidden as i64);
}
