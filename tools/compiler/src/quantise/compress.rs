use cadet_kernels::f16;

use super::grouped::group_weights;
use super::weights::integer_weights;
use crate::ir::{Graph, Node, Tensor, Values};
use crate::options::Weights;

/// Rounds the weights of float layers to what `weights` can hold, where a kernel reads that.
pub(crate) fn compress_weights(graph: &mut Graph, weights: Weights) {
    if let Some(bits) = weights.bits_in_groups() {
        return group_weights(graph, bits);
    }
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let id = node.inputs.get(1).copied();
        let Some(id) = id.filter(|_| is_float_layer(graph, node)) else {
            continue;
        };
        let tensor = graph.tensor(id);
        // Integers that the model brought are exact already.
        let Some(values) = graph.constant_f32(id).filter(|_| tensor.integers.is_none()) else {
            continue;
        };
        let rounded = match weights {
            Weights::F32 | Weights::Int8Groups | Weights::Int4Groups => continue,
            Weights::F16 => match half(values) {
                Some(halves) => Tensor {
                    values: Some(Values::F32(halves.into_iter().map(f16::to_f32).collect())),
                    ..tensor.clone()
                },
                None => continue,
            },
            Weights::Int8 => {
                let channels = tensor.shape[0];
                let integers = integer_weights(values, &vec![0.0; channels], 1.0);
                let depth = values.len() / channels.max(1);
                let decoded = integers.values.iter().enumerate();
                let decoded = decoded.map(|(i, &value)| value as f32 * integers.scale(i / depth));
                Tensor {
                    values: Some(Values::F32(decoded.collect())),
                    integers: Some(integers),
                    ..tensor.clone()
                }
            }
        };
        graph.nodes[index].inputs[1] = graph.add_tensor(rounded);
    }
}

/// Values in half the bits; `None` where one is beyond their range.
fn half(values: &[f32]) -> Option<Vec<f16>> {
    let halves = values.iter().map(|&value| f16::from_f32(value));
    halves
        .map(|half| half.is_finite().then_some(half))
        .collect()
}

fn is_float_layer(graph: &Graph, node: &Node) -> bool {
    node.op.has_compressed_kernel() && graph.affine(node.inputs[0]).is_none()
}
