//! Between floats and integers, element on element.

use cadet_format::{DType, Numerics, Opcode, QuantI8, RequantizeI8};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{q31, ratio};
use crate::ir::{Affine, Node, TensorId};

/// `Quantize` to the output's affine.
pub(super) fn quantize(emitter: &mut Emitter<'_>, node: &Node) {
    convert(
        emitter,
        node,
        node.output(),
        Opcode::Quantize,
        Numerics::Onnx,
    );
}

/// `Dequantize` from the input's affine.
pub(super) fn dequantize(emitter: &mut Emitter<'_>, node: &Node) {
    convert(
        emitter,
        node,
        node.inputs[0],
        Opcode::Dequantize,
        Numerics::None,
    );
}

fn convert(
    emitter: &mut Emitter<'_>,
    node: &Node,
    integers: TensorId,
    opcode: Opcode,
    numerics: Numerics,
) {
    let affine = affine(emitter, integers);
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(integers),
        numerics,
        params: block(cadet_format::Affine {
            scale: affine.scale,
            zero_point: affine.zero_point,
        }),
        macs: 0,
    };
    step(emitter, node, &kernel);
}

/// `Requantize` from the input's affine to the output's.
pub(super) fn requantize(emitter: &mut Emitter<'_>, node: &Node) {
    let (input, output) = (
        affine(emitter, node.inputs[0]),
        affine(emitter, node.output()),
    );
    let numerics = emitter.rounding();
    let kernel = Kernel {
        opcode: Opcode::Requantize,
        dtype: DType::I8,
        numerics,
        params: block(RequantizeI8 {
            quant: QuantI8 {
                input_zero_point: input.zero_point,
                output_zero_point: output.zero_point,
                min: -128,
                max: 127,
            },
            multiplier: if numerics == Numerics::Tflite {
                q31(f64::from(input.scale) / f64::from(output.scale))
            } else {
                ratio(input.scale / output.scale)
            },
        }),
        macs: 0,
    };
    step(emitter, node, &kernel);
}

/// `FlipSign` between uint8 and int8.
pub(super) fn flip_sign(emitter: &mut Emitter<'_>, node: &Node) {
    let kernel = Kernel {
        opcode: Opcode::FlipSign,
        dtype: emitter.dtype(node.inputs[0]),
        numerics: Numerics::None,
        params: Vec::new(),
        macs: 0,
    };
    step(emitter, node, &kernel);
}

fn affine(emitter: &Emitter<'_>, id: TensorId) -> Affine {
    let none = Affine {
        scale: 1.0,
        zero_point: 0,
    };
    emitter.graph().affine(id).unwrap_or(none)
}

fn step(emitter: &mut Emitter<'_>, node: &Node, kernel: &Kernel) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output(), &dims);
    emitter.step(node, kernel, &[x], &[y]);
}
