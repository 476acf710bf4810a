use super::Affine;
use crate::ir::{Graph, Op, Unary};

/// Scale and zero point of every tensor from the observed ranges.
///
/// Steps that move or select values share them with their input, which costs nothing and rounds
/// nothing; results with a known range have a fixed scale, as TensorFlow Lite's.
pub(super) fn affines(graph: &Graph, ranges: &[(f32, f32)]) -> Vec<Affine> {
    let mut affines: Vec<Affine> = ranges
        .iter()
        .map(|&(min, max)| Affine::covering(min, max))
        .collect();
    for node in &graph.nodes {
        let input = affines[node.inputs[0].0];
        let output = &mut affines[node.output.0];
        *output = match &node.op {
            Op::MaxPool(_)
            | Op::AveragePool { .. }
            | Op::Reshape
            | Op::Transpose { .. }
            | Op::Relayout => input,
            Op::Softmax { .. } | Op::Unary(Unary::Sigmoid) => Affine {
                scale: 1.0 / 256.0,
                zero_point: -128,
            },
            Op::Unary(Unary::Tanh) => Affine {
                scale: 1.0 / 128.0,
                zero_point: 0,
            },
            _ => *output,
        };
    }
    affines
}
