//! Conversions between int8 and floats, and what strips copy.

use super::Layers;
use super::layers::Calibrated;
use crate::support::random;
use cadet_compiler::{Numerics, Options, Strips};
use cadet_format::Generator;
use cadet_onnx::{ElementType, GraphBuilder};

/// Elements of the tensors that are converted.
const LENGTHS: [usize; 8] = [10, 64, 100, 490, 1000, 2048, 6000, 20_000];
/// Rows and columns of the image that goes in strips.
const EXTENT: usize = 40;

/// Conversions, which round alike in all arithmetic, and strips.
pub(super) fn models() -> Vec<Layers> {
    let (onnx, names) = conversions();
    let calibrated = Calibrated::new(2 * LENGTHS.iter().sum::<usize>());
    let mut models = vec![Layers {
        onnx,
        options: Options {
            kept_float: names.into_iter().collect(),
            ..calibrated.int8(Numerics::Onnx)
        },
        kernels: &["quantize.", "dequantize."],
    }];
    let onnx = chain();
    let calibrated = Calibrated::new(3 * EXTENT * EXTENT);
    for options in [Options::float(), calibrated.int8(Numerics::Onnx)] {
        models.push(Layers {
            onnx: onnx.clone(),
            options: Options {
                strips: Strips::Whole,
                ..options
            },
            kernels: &["copy."],
        });
    }
    models
}

/// Sums between functions in int8, and their names: they are to stay in floats. Each is of two inputs: what is a function of
/// one would become a table.
fn conversions() -> (Vec<u8>, Vec<String>) {
    let mut graph = GraphBuilder::new("conversions");
    let mut names = Vec::new();
    for length in LENGTHS {
        let [x, z, left, right, sum, after] =
            ["x", "z", "left", "right", "sum", "after"].map(|it| format!("{it}{length}"));
        graph.input(&x, ElementType::F32, [1, length]);
        graph.input(&z, ElementType::F32, [1, length]);
        graph.node("Tanh", &left, &[&x], &[&left]);
        graph.node("Sigmoid", &right, &[&z], &[&right]);
        graph.node("Add", &sum, &[&left, &right], &[&sum]);
        graph.node("Tanh", &after, &[&sum], &[&after]);
        graph.output(&after, ElementType::F32, [1, length]);
        names.push(sum);
    }
    (graph.encode(), names)
}

/// Convolutions one after the other, of which strips keep rows.
fn chain() -> Vec<u8> {
    let mut graph = GraphBuilder::new("chain");
    let mut generator = Generator::new(6);
    graph.input("x", ElementType::F32, [1, 3, EXTENT, EXTENT]);
    let widths = [3, 16, 32, 16];
    let mut last = String::from("x");
    for (index, pair) in widths.windows(2).enumerate() {
        let [weights, output] = ["w", "y"].map(|it| format!("{it}{index}"));
        let shape = [pair[1], pair[0], 3, 3];
        let values = random(&mut generator, shape.iter().product());
        graph.constant_f32(&weights, &shape, &values);
        graph
            .node("Conv", &output, &[&last, &weights], &[&output])
            .attribute("pads", vec![1; 4]);
        last = output;
    }
    graph.node("GlobalAveragePool", "mean", &[&last], &["mean"]);
    graph.output("mean", ElementType::F32, [1, 16, 1, 1]);
    graph.encode()
}
