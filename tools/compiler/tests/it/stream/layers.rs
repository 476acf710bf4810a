//! Layers along time.

use super::check::Case;
use super::{Along, PLAIN, before, conv, model, recurrent};
use crate::against_tract::random_constant;

#[test]
fn causal_and_dilated_convolutions() {
    let model = |frames| {
        model(&[1, 4, frames], &["y"], |graph| {
            conv(graph, "x", "a", &[6, 4, 3], before(2));
            graph.node("Relu", "b", &["a"], &["b"]);
            let dilated = Along {
                dilation: 2,
                ..before(4)
            };
            conv(graph, "b", "c", &[6, 6, 3], dilated);
            graph.node("Add", "d", &["b", "c"], &["d"]);
            conv(graph, "d", "y", &[5, 6, 1], PLAIN);
        })
    };
    let case = Case {
        model: &model,
        frames: 20,
        axis: 2,
        shifts: false,
    };
    let [whole, streamed] = case.check();
    let report = streamed.report.stream.unwrap();
    assert_eq!((report.hop, report.outputs[0].first_run()), (1, 0));
    // Two elements of 4 channels, and four of 6 with the new one behind them.
    assert_eq!(streamed.report.state_bytes, 32 + 120);
    assert!(streamed.report.arena_bytes < whole.report.arena_bytes / 2);
    assert_eq!(whole.report.macs, 20 * streamed.report.macs);
}

#[test]
fn separable_convolutions_with_strides() {
    let model = |frames| {
        model(&[1, 4, frames], &["y"], |graph| {
            let depthwise = Along {
                stride: 2,
                depthwise: true,
                ..before(1)
            };
            conv(graph, "x", "a", &[4, 1, 3], depthwise);
            conv(graph, "a", "b", &[6, 4, 1], PLAIN);
            graph.node("Relu", "c", &["b"], &["c"]);
            conv(graph, "c", "d", &[6, 1, 3], depthwise);
            conv(graph, "d", "y", &[3, 6, 1], PLAIN);
        })
    };
    let case = Case {
        model: &model,
        frames: 24,
        axis: 2,
        shifts: false,
    };
    let [_, streamed] = case.check();
    assert_eq!(streamed.report.stream.unwrap().hop, 4);
}

/// Without padding along time, every run is the end of a window.
#[test]
fn convolutions_over_time_and_features() {
    let model = |frames| {
        model(&[1, 1, frames, 10], &["y"], |graph| {
            random_constant(graph, "w1", &[8, 1, 10, 4]);
            graph
                .node("Conv", "first", &["x", "w1"], &["a"])
                .attribute("strides", [2, 2])
                .attribute("pads", [0, 1, 0, 1]);
            graph.node("Relu", "relu", &["a"], &["b"]);
            random_constant(graph, "w2", &[8, 1, 3, 3]);
            graph
                .node("Conv", "second", &["b", "w2"], &["c"])
                .attribute("group", 8)
                .attribute("pads", [0, 1, 0, 1]);
            random_constant(graph, "w3", &[4, 8, 1, 1]);
            graph.node("Conv", "third", &["c", "w3"], &["d"]);
            graph
                .node("MaxPool", "pool", &["d"], &["e"])
                .attribute("kernel_shape", [2, 1]);
            graph
                .node("AveragePool", "mean", &["e"], &["y"])
                .attribute("kernel_shape", [3, 2]);
        })
    };
    for frames in [31, 32] {
        let case = Case {
            model: &model,
            frames,
            axis: 2,
            shifts: true,
        };
        case.check();
    }
}

#[test]
fn recurrent_layers() {
    for op in ["GRU", "LSTM", "RNN"] {
        let model = |frames| {
            model(&[1, frames, 5], &["y", "last"], |graph| {
                graph
                    .node("Transpose", "turned", &["x"], &["t"])
                    .attribute("perm", [1, 0, 2]);
                recurrent(graph, op, ["t", "all", "last"], [5, 6]);
                graph.constant_i64("one", &[1], &[1]);
                graph.node("Squeeze", "flat", &["all", "one"], &["h"]);
                random_constant(graph, "w", &[6, 3]);
                graph.node("MatMul", "y", &["h", "w"], &["y"]);
            })
        };
        let case = Case {
            model: &model,
            frames: 9,
            axis: 1,
            shifts: false,
        };
        let [_, streamed] = case.check();
        let states = if op == "LSTM" { 2 } else { 1 };
        assert_eq!(streamed.report.state_bytes, (states - 1) * 32 + 24);
    }
}

/// What comes of a first state that is not zero, and of the first elements that a valid convolution cannot give yet.
#[test]
fn recurrent_layers_with_first_states_behind_convolutions() {
    for valid in [false, true] {
        let model = |frames| {
            model(&[1, 4, frames], &["y"], |graph| {
                let window = if valid { PLAIN } else { before(2) };
                let window = Along {
                    stride: 2,
                    ..window
                };
                conv(graph, "x", "a", &[6, 4, 4], window);
                graph.node("Tanh", "tanh", &["a"], &["b"]);
                graph
                    .node("Transpose", "turned", &["b"], &["t"])
                    .attribute("perm", [2, 0, 1]);
                random_constant(graph, "w", &[1, 20, 6]);
                random_constant(graph, "r", &[1, 20, 5]);
                random_constant(graph, "h", &[1, 1, 5]);
                random_constant(graph, "c", &[1, 1, 5]);
                graph
                    .node("LSTM", "lstm", &["t", "w", "r", "", "", "h", "c"], &["y"])
                    .attribute("hidden_size", 5);
            })
        };
        let case = Case {
            model: &model,
            frames: 16,
            axis: 2,
            shifts: false,
        };
        case.check();
    }
}
