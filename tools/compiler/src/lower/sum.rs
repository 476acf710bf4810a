use cadet_format::{AddF32, AddI8, Multiplier, Numerics, Opcode, QuantI8};

use super::binary::step;
use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, q31, ratio};
use crate::ir::{Bounds, Node};

/// Left shift that TensorFlow Lite gives both sides of an addition.
const LEFT_SHIFT: u32 = 20;

/// `Add` of floats, or in int8, as `add`.
pub(super) fn sum(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    let params = match emitter.epilogue(node, bounds) {
        Epilogue::F32(clamp) => block(AddF32 { clamp }),
        Epilogue::I8(quant) => block(scaling(emitter, node, quant)),
    };
    add(emitter, node, params);
}

/// `Sub` in int8: an addition with a negative multiplier.
pub(super) fn difference(emitter: &mut Emitter<'_>, node: &Node, quant: QuantI8) {
    let mut params = scaling(emitter, node, quant);
    params.b.bits = match emitter.rounding() {
        Numerics::Tflite => -params.b.bits,
        _ => ratio(-f32::from_bits(params.b.bits as u32)).bits,
    };
    add(emitter, node, block(params));
}

fn add(emitter: &mut Emitter<'_>, node: &Node, params: Vec<u8>) {
    let kernel = Kernel {
        opcode: Opcode::Add,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params,
        macs: 0,
    };
    step(emitter, node, &kernel);
}

fn scaling(emitter: &Emitter<'_>, node: &Node, quant: QuantI8) -> AddI8 {
    let [left, right, output] = emitter.pair_affines(node);
    let b_zero_point = right.zero_point;
    if emitter.rounding() != Numerics::Tflite {
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
