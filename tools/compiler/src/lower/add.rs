use cadet_format::{
    AddF32, AddI8, DepthwiseConv2dF32, DepthwiseConv2dI8, Multiplier, Numerics, Opcode, QuantI8,
};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, q31, ratio};
use super::shape::{params, period};
use super::weights::{Layer, Order, operands};
use crate::ir::{Bounds, Node, Window};
use crate::quantise::Quantisation;

/// Left shift that TensorFlow Lite gives both sides of an addition.
const LEFT_SHIFT: u32 = 20;

/// `Add` as `add`; of a constant, as a convolution.
pub(super) fn add(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    if let Some(addend) = emitter.graph().constant_f32(node.inputs[1]) {
        return add_constant(emitter, node, addend, bounds);
    }
    let dims = emitter.memory_extents(node.inputs[0]);
    let a = emitter.activation(node.inputs[0], &dims);
    let b = emitter.activation(node.inputs[1], &dims);
    let y = emitter.activation(node.output, &dims);
    let kernel = Kernel {
        opcode: Opcode::Add,
        numerics: emitter.numerics(),
        params: match (emitter.epilogue(node, bounds), emitter.quantisation()) {
            (Epilogue::I8(quant), Some(quantisation)) => block(scaling(node, quant, quantisation)),
            (Epilogue::F32(clamp), _) => block(AddF32 { clamp }),
            (Epilogue::I8(_), None) => unreachable!("an int8 epilogue comes from a quantisation"),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[a, b], y);
}

fn scaling(node: &Node, quant: QuantI8, quantisation: &Quantisation) -> AddI8 {
    let (left, right) = (
        quantisation.affine(node.inputs[0]),
        quantisation.affine(node.inputs[1]),
    );
    let output = quantisation.affine(node.output);
    let b_zero_point = right.zero_point;
    if quantisation.numerics != Numerics::Tflite {
        return AddI8 {
            quant,
            b_zero_point,
            a: ratio(left.scale / output.scale),
            b: ratio(right.scale / output.scale),
            y: Multiplier { bits: 0, shift: 0 },
            left_shift: 0,
        };
    }
    let twice_larger = 2.0 * f64::from(left.scale).max(f64::from(right.scale));
    let shifted_output = f64::from(1 << LEFT_SHIFT) * f64::from(output.scale);
    AddI8 {
        quant,
        b_zero_point,
        a: q31(f64::from(left.scale) / twice_larger),
        b: q31(f64::from(right.scale) / twice_larger),
        y: q31(twice_larger / shifted_output),
        left_shift: LEFT_SHIFT,
    }
}

/// A depthwise 1x1 convolution by one with the constant as bias: its bias costs what the constant
/// costs, and `add` takes no constants.
fn add_constant(emitter: &mut Emitter<'_>, node: &Node, addend: &[f32], bounds: Bounds) {
    let extents = emitter.memory_extents(node.inputs[0]);
    let channels = period(addend, &extents);
    let dims = [1, 1, addend.len() / channels, channels];
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output, &dims);
    let layer = Layer {
        name: &emitter.graph().tensor(node.inputs[1]).name,
        outputs: channels,
        weights: &vec![1.0; channels],
        bias: Some(&addend[..channels]),
        dims: vec![1, 1, channels],
        order: Order::AsGiven,
    };
    let weights = operands(emitter, node, &layer);
    let window = params(&Window::POINT);
    let kernel = Kernel {
        opcode: Opcode::DepthwiseConv2d,
        numerics: emitter.numerics(),
        params: match emitter.epilogue(node, bounds) {
            Epilogue::F32(clamp) => block(DepthwiseConv2dF32 { window, clamp }),
            Epilogue::I8(quant) => block(DepthwiseConv2dI8 { window, quant }),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[&[x], &weights[..]].concat(), y);
}
