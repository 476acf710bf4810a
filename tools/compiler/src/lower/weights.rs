use cadet_format::{DType, NO_TENSOR, Numerics};

use super::emitter::Emitter;
use crate::ir::Node;
use crate::quantise::{Quantisation, integer_weights, onnx_multiplier, q31_multiplier};

/// Constants of a layer.
pub(super) struct Layer<'a> {
    /// Name of the weights.
    pub(super) name: &'a str,
    /// Number of output channels.
    pub(super) outputs: usize,
    /// Weights as in ONNX, output channels outermost.
    pub(super) weights: &'a [f32],
    /// One value an output channel.
    pub(super) bias: Option<&'a [f32]>,
    /// Extents of the weights as the kernel reads them.
    pub(super) dims: Vec<usize>,
    /// Order in which the kernel reads them.
    pub(super) order: Order,
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
    fn apply<T: Copy>(self, weights: &[T]) -> Vec<T> {
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

/// Rows of a layer's constants: weights and bias; in int8 also multipliers, and no zero points.
pub(super) fn operands(emitter: &mut Emitter<'_>, node: &Node, layer: &Layer<'_>) -> Vec<u16> {
    match emitter.quantisation() {
        None => {
            let values = layer.order.apply(layer.weights);
            let weights = emitter.matrix(layer.name, DType::F32, &layer.dims, &values);
            let name = format!("{} bias", node.name);
            let bias = layer
                .bias
                .map(|bias| emitter.vector(&name, DType::F32, bias));
            vec![weights, bias.unwrap_or(NO_TENSOR)]
        }
        Some(quantisation) => integer_operands(emitter, node, layer, quantisation),
    }
}

fn integer_operands(
    emitter: &mut Emitter<'_>,
    node: &Node,
    layer: &Layer<'_>,
    quantisation: &Quantisation,
) -> Vec<u16> {
    let input_scale = quantisation.affine(node.inputs[0]).scale;
    let output_scale = quantisation.affine(node.output).scale;
    let zeros = vec![0.0; layer.outputs];
    let integers = integer_weights(layer.weights, layer.bias.unwrap_or(&zeros), input_scale);
    let values = layer.order.apply(&integers.weights);
    let weights = emitter.matrix(layer.name, DType::I8, &layer.dims, &values);
    let bias = emitter.vector(&format!("{} bias", node.name), DType::I32, &integers.bias);
    let name = format!("{} multipliers", node.name);
    let scales = integers.scales.iter();
    let multipliers = if quantisation.numerics == Numerics::Tflite {
        let values: Vec<[i32; 2]> = scales
            .map(|&scale| f64::from(input_scale) * f64::from(scale) / f64::from(output_scale))
            .map(q31_multiplier)
            .collect();
        emitter.constant(&name, DType::I32, &[values.len(), 2], &values, 4)
    } else {
        let values: Vec<f32> = scales
            .map(|&scale| onnx_multiplier(input_scale, scale, output_scale))
            .collect();
        emitter.vector(&name, DType::F32, &values)
    };
    vec![weights, bias, multipliers, NO_TENSOR]
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
