//! Decisions over sliding windows, padding wherever it stands, and rows of features.

use cadet_compiler::Options;
use cadet_onnx::GraphBuilder;

use super::check::Case;
use super::{Along, PLAIN, before, conv, model};
use crate::against_tract::random_constant;
use crate::dequantised::{requantise, weights};

#[test]
fn windows_that_slide_to_a_decision() {
    type Head = fn(&mut GraphBuilder);
    let heads: [(&str, Head); 5] = [
        ("pooled", |graph| {
            graph.node("GlobalAveragePool", "mean", &["d"], &["p"]);
            graph.node("Flatten", "flat", &["p"], &["f"]);
            random_constant(graph, "w", &[5, 3]);
            graph.node("MatMul", "dense", &["f", "w"], &["z"]);
            graph.node("Softmax", "softmax", &["z"], &["y"]);
        }),
        ("flattened", |graph| {
            graph.node("Flatten", "flat", &["d"], &["f"]);
            random_constant(graph, "w", &[5 * 11, 3]);
            graph.node("MatMul", "dense", &["f", "w"], &["y"]);
        }),
        ("reduced", |graph| {
            graph
                .node("ReduceMean", "mean", &["d"], &["y"])
                .attribute("axes", [2])
                .attribute("keepdims", 0);
        }),
        ("the last", |graph| {
            graph.constant_i64("index", &[], &[-1]);
            graph
                .node("Gather", "last", &["d", "index"], &["y"])
                .attribute("axis", 2);
        }),
        ("the greatest", |graph| {
            graph.node("GlobalMaxPool", "max", &["d"], &["y"]);
        }),
    ];
    for (name, head) in heads {
        println!("{name}");
        let model = |frames| {
            model(&[1, 3, frames], &["y"], |graph| {
                let strided = Along { stride: 2, ..PLAIN };
                conv(graph, "x", "a", &[4, 3, 3], strided);
                graph.node("Relu", "b", &["a"], &["b"]);
                conv(graph, "b", "c", &[5, 4, 4], PLAIN);
                graph.node("Relu", "d", &["c"], &["d"]);
                head(graph);
            })
        };
        for frames in [29, 30] {
            let case = Case {
                model: &model,
                frames,
                axis: 2,
                shifts: true,
            };
            case.check();
        }
    }
}

/// Bai and others (2018) pad on both sides and cut off what they padded behind.
#[test]
fn padding_behind_that_is_cut_off() {
    let model = |frames| {
        model(&[1, 4, frames], &["y"], |graph| {
            let dilated = Along {
                dilation: 2,
                pads: [4, 4],
                ..PLAIN
            };
            conv(graph, "x", "a", &[4, 4, 3], dilated);
            graph.constant_i64("zero", &[1], &[0]);
            graph.constant_i64("end", &[1], &[-4]);
            graph.constant_i64("axis", &[1], &[2]);
            graph.node("Slice", "chomp", &["a", "zero", "end", "axis"], &["b"]);
            graph.node("Relu", "relu", &["b"], &["c"]);
            graph.node("Add", "y", &["x", "c"], &["y"]);
        })
    };
    let case = Case {
        model: &model,
        frames: 12,
        axis: 2,
        shifts: false,
    };
    case.check();
}

/// A node that pads, and padding behind layers that could not give their first elements yet.
#[test]
fn padding_by_nodes_and_behind_valid_layers() {
    let model = |frames| {
        model(&[1, 4, frames], &["y"], |graph| {
            graph.constant_i64("pads", &[6], &[0, 0, 5, 0, 0, 0]);
            graph.constant_f32("value", &[], &[0.5]);
            graph.node("Pad", "pad", &["x", "pads", "value"], &["a"]);
            conv(graph, "a", "b", &[4, 4, 3], PLAIN);
            graph.node("Relu", "relu", &["b"], &["c"]);
            conv(graph, "c", "d", &[4, 4, 3], PLAIN);
            conv(graph, "d", "e", &[4, 4, 3], before(2));
            // The residual is cut to where the valid layer starts.
            graph.constant_i64("two", &[1], &[2]);
            graph.constant_i64("end", &[1], &[i64::MAX]);
            graph.constant_i64("axis", &[1], &[2]);
            graph.node("Slice", "crop", &["c", "two", "end", "axis"], &["f"]);
            graph.node("Add", "y", &["e", "f"], &["y"]);
        })
    };
    let case = Case {
        model: &model,
        frames: 14,
        axis: 2,
        shifts: false,
    };
    case.check();
}

/// Rows of features that a layer reads at once, channels last or not.
#[test]
fn dense_layers_of_frames() {
    let model = |frames| {
        model(&[1, 2, frames, 6], &["y"], |graph| {
            random_constant(graph, "w1", &[4, 2, 3, 3]);
            graph
                .node("Conv", "conv", &["x", "w1"], &["a"])
                .attribute("pads", [2, 1, 0, 1]);
            graph
                .node("Transpose", "turned", &["a"], &["b"])
                .attribute("perm", [0, 2, 1, 3]);
            graph.constant_i64("shape", &[3], &[1, frames as i64, 24]);
            graph.node("Reshape", "rows", &["b", "shape"], &["c"]);
            random_constant(graph, "w2", &[24, 5]);
            graph.node("MatMul", "dense", &["c", "w2"], &["d"]);
            random_constant(graph, "scale", &[5]);
            graph.node("LayerNormalization", "norm", &["d", "scale"], &["e"]);
            graph.node("Softmax", "y", &["e"], &["y"]);
        })
    };
    let case = Case {
        model: &model,
        frames: 9,
        axis: 2,
        shifts: false,
    };
    case.check();
}

/// A model quantised elsewhere: padding is the zero point that the model gives.
#[test]
fn integers_of_the_model_s_own() {
    let model = |frames| {
        model(&[1, 4, frames], &["y again"], |graph| {
            let x = requantise(graph, "x", 0.03, -7);
            let filter = weights(graph, "filter", &[6, 4, 3], 0);
            graph
                .node("Conv", "conv", &[&x, &filter], &["a"])
                .attribute("pads", [2, 0]);
            let a = requantise(graph, "a", 0.1, 5);
            let depthwise = weights(graph, "depthwise", &[6, 1, 3], 0);
            graph
                .node("Conv", "depthwise", &[&a, &depthwise], &["y"])
                .attribute("group", 6)
                .attribute("strides", [2]);
            requantise(graph, "y", 0.2, 11);
        })
    };
    let case = Case {
        model: &model,
        frames: 13,
        axis: 2,
        shifts: false,
    };
    let [whole, _] = case.check_as(&Options::float(), &[1, 2]);
    assert_eq!(whole.report.inputs[0].dtype, "i8");
}
