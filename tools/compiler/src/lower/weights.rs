use cadet_format::{DType, NO_TENSOR};
use cadet_kernels::f16;

use super::emitter::Emitter;
use crate::ir::{Affine, Integers, Node, TensorId};
use crate::options::Weights;
use crate::quantise::Requantiser;

/// Constants of a layer.
pub(super) struct Layer {
    /// Weights as in ONNX, output channels outermost.
    pub(super) weights: TensorId,
    /// One value an output channel.
    pub(super) bias: Option<TensorId>,
    /// Number of output channels.
    pub(super) outputs: usize,
    /// Extents of the weights as the kernel reads them.
    pub(super) dims: Vec<usize>,
    /// Order in which the kernel reads them.
    pub(super) order: Order,
    /// How the weights of a float layer are stored.
    pub(super) stored: Weights,
}

/// How the weights of a float layer are stored: as int8 where they are symmetric integers of 8 bits with
/// one scale an output, as f16 where that is asked for and exact.
pub(super) fn stored(emitter: &Emitter<'_>, node: &Node) -> Weights {
    if emitter.affines(node).is_some() || !node.op.has_compressed_kernel() {
        return Weights::F32;
    }
    let is_symmetric = |integers: &Integers| {
        let mut values = integers.values.iter();
        integers.is_per_output()
            && integers.zero_points.iter().all(|&point| point == 0)
            && values.all(|&value| i8::try_from(value).is_ok())
    };
    let is_half = |values: &[f32]| values.iter().all(|&it| f16::from_f32(it).to_f32() == it);
    let graph = emitter.graph();
    let integers = graph.tensor(node.inputs[1]).integers.as_ref();
    let values = graph.constant_f32(node.inputs[1]);
    match emitter.weights() {
        _ if integers.is_some_and(is_symmetric) => Weights::Int8,
        Weights::F16 if values.is_some_and(is_half) => Weights::F16,
        _ => Weights::F32,
    }
}

/// Order in which a kernel reads its weights.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// As they are.
    AsGiven,
    /// From `[o, i, kh, kw]` to `[o, kh, kw, i]`.
    OutputsTapsInputs { inputs: usize, taps: usize },
    /// From `[o, 1, kh, kw]` to `[kh, kw, o]`.
    TapsOutputs { taps: usize },
}

impl Order {
    pub(super) fn apply<T: Copy>(self, weights: &[T]) -> Vec<T> {
        let source = |index: usize| match self {
            Order::AsGiven => index,
            Order::OutputsTapsInputs { inputs, taps } => {
                let filter = inputs * taps;
                let (o, rest) = (index / filter, index % filter);
                o * filter + rest % inputs * taps + rest / inputs
            }
            Order::TapsOutputs { taps } => {
                let outputs = weights.len() / taps;
                index % outputs * taps + index / outputs
            }
        };
        (0..weights.len())
            .map(|index| weights[source(index)])
            .collect()
    }
}

/// Rows of a layer's constants: weights and bias; of an integer layer also multipliers and weight
/// zero points.
pub(super) fn operands(emitter: &mut Emitter<'_>, node: &Node, layer: &Layer) -> Vec<u16> {
    match emitter.affines(node) {
        None => float_operands(emitter, node, layer),
        Some((input, output)) => integer_operands(emitter, node, layer, input, output),
    }
}

fn float_operands(emitter: &mut Emitter<'_>, node: &Node, layer: &Layer) -> Vec<u16> {
    let graph = emitter.graph();
    let tensor = graph.tensor(layer.weights);
    let bias = layer.bias.and_then(|id| graph.constant_f32(id));
    let bias = bias.map(|bias| {
        let name = format!("{} bias", node.name);
        emitter.vector(&name, DType::F32, bias)
    });
    let bias = bias.unwrap_or(NO_TENSOR);
    let values = graph.constant_f32(layer.weights).unwrap_or(&[]);
    let values = || layer.order.apply(values);
    match (layer.stored, &tensor.integers) {
        (Weights::Int8, Some(integers)) => {
            let weights = integer_weights(emitter, layer, integers);
            let scales = (0..layer.outputs).map(|channel| integers.scale(channel));
            let scales: Vec<f32> = scales.collect();
            let name = format!("{} scales", node.name);
            vec![weights, bias, emitter.vector(&name, DType::F32, &scales)]
        }
        (Weights::F16, _) => {
            let halves: Vec<f16> = values().into_iter().map(f16::from_f32).collect();
            vec![
                emitter.matrix(&tensor.name, DType::F16, &layer.dims, &halves),
                bias,
            ]
        }
        _ => vec![
            emitter.matrix(&tensor.name, DType::F32, &layer.dims, &values()),
            bias,
        ],
    }
}

fn integer_weights(emitter: &mut Emitter<'_>, layer: &Layer, integers: &Integers) -> u16 {
    let values: Vec<i8> = integers.values.iter().map(|&value| value as i8).collect();
    let values = layer.order.apply(&values);
    let name = &emitter.graph().tensor(layer.weights).name;
    emitter.matrix(name, DType::I8, &layer.dims, &values)
}

fn integer_operands(
    emitter: &mut Emitter<'_>,
    node: &Node,
    layer: &Layer,
    input: Affine,
    output: Affine,
) -> Vec<u16> {
    let graph = emitter.graph();
    let Some(integers) = &graph.tensor(layer.weights).integers else {
        unreachable!("the quantiser gives every integer layer integer weights");
    };
    let weights = integer_weights(emitter, layer, integers);
    let bias = layer.bias.and_then(|id| graph.tensor(id).integers.as_ref());
    let bias = bias.map(|bias| {
        let name = format!("{} bias", node.name);
        emitter.vector(&name, DType::I32, &bias.values)
    });
    let multipliers = multipliers(emitter, node, layer, integers, input, output);
    let is_symmetric = integers.zero_points.iter().all(|&point| point == 0);
    let zero_points = (!is_symmetric).then(|| {
        let channels = 0..layer.outputs;
        let points: Vec<i8> = channels.map(|c| integers.zero_point(c) as i8).collect();
        emitter.vector(
            &format!("{} weight zero points", node.name),
            DType::I8,
            &points,
        )
    });
    vec![
        weights,
        bias.unwrap_or(NO_TENSOR),
        multipliers,
        zero_points.unwrap_or(NO_TENSOR),
    ]
}

fn multipliers(
    emitter: &mut Emitter<'_>,
    node: &Node,
    layer: &Layer,
    integers: &Integers,
    input: Affine,
    output: Affine,
) -> u16 {
    let name = format!("{} multipliers", node.name);
    let numerics = emitter.followed();
    let channels = (0..layer.outputs).map(|channel| {
        Requantiser::of_layer(&node.op, numerics, [input, output], integers, channel)
    });
    let mut channels: Vec<Requantiser> = channels.collect();
    // One multiplier stands for all where they are the same.
    if channels.iter().all(|channel| *channel == channels[0]) {
        channels.truncate(1);
    }
    let floats: Vec<f32> = channels.iter().filter_map(|c| c.ratio()).collect();
    if floats.len() == channels.len() {
        return emitter.vector(&name, DType::F32, &floats);
    }
    let fixed: Vec<[i32; 2]> = channels.iter().filter_map(|c| c.fixed_point()).collect();
    emitter.constant(&name, DType::I32, &[fixed.len(), 2], &fixed, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_reordered() {
        // Two outputs, three inputs, two taps; digits are output, input, tap.
        let weights = [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121];
        let order = Order::OutputsTapsInputs { inputs: 3, taps: 2 };
        let wanted = [0, 10, 20, 1, 11, 21, 100, 110, 120, 101, 111, 121];
        assert_eq!(order.apply(&weights), wanted);
        let order = Order::TapsOutputs { taps: 3 };
        assert_eq!(order.apply(&[0, 1, 2, 10, 11, 12]), [0, 10, 1, 11, 2, 12]);
    }
}
