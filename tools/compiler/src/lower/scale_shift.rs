use cadet_format::{DepthwiseConv2dF32, DepthwiseConv2dI8, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::Epilogue;
use super::shape::params;
use super::weights::{Layer, Order, operands};
use crate::ir::{Bounds, Node, Window};
use crate::options::Weights;

/// `x * scale + shift` as a depthwise 1x1 convolution: the layout has put the axis innermost.
pub(super) fn scale_shift(emitter: &mut Emitter<'_>, node: &Node, axis: usize, bounds: Bounds) {
    let shape = emitter.shape(node.inputs[0]);
    let channels = shape.get(axis).copied().unwrap_or(1);
    let elements: usize = shape.iter().product();
    let dims = [1, 1, elements / channels.max(1), channels];
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output(), &dims);
    let layer = Layer {
        weights: node.inputs[1],
        bias: node.inputs.get(2).copied(),
        outputs: channels,
        dims: vec![1, 1, channels],
        order: Order::AsGiven,
        stored: Weights::F32,
    };
    let weights = operands(emitter, node, &layer);
    let window = params(&Window::POINT);
    let kernel = Kernel {
        opcode: Opcode::DepthwiseConv2d,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match emitter.epilogue(node, bounds) {
            Epilogue::F32(clamp) => block(DepthwiseConv2dF32 { window, clamp }),
            Epilogue::I8(quant) => block(DepthwiseConv2dI8 { window, quant }),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[&[x], &weights[..]].concat(), &[y]);
}
