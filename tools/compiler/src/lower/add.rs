use cadet_format::{AddF32, AddI8, Multiplier, Numerics, Opcode, QuantI8};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, q31, ratio};
use crate::ir::{Affine, Bounds, Node};

/// Left shift that TensorFlow Lite gives both sides of an addition.
const LEFT_SHIFT: u32 = 20;

/// `Add` of two activations as `add`.
pub(super) fn add(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let a = emitter.activation(node.inputs[0], &dims);
    let b = emitter.activation(node.inputs[1], &dims);
    let y = emitter.activation(node.output(), &dims);
    let kernel = Kernel {
        opcode: Opcode::Add,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match (emitter.affines(node), emitter.epilogue(node, bounds)) {
            (Some((left, output)), Epilogue::I8(quant)) => {
                let right = emitter.graph().affine(node.inputs[1]).unwrap_or(left);
                let numerics = emitter.rounding();
                block(scaling([left, right, output], quant, numerics))
            }
            (_, Epilogue::F32(clamp)) => block(AddF32 { clamp }),
            (None, Epilogue::I8(_)) => unreachable!("an int8 epilogue comes from two affines"),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[a, b], &[y]);
}

fn scaling([left, right, output]: [Affine; 3], quant: QuantI8, numerics: Numerics) -> AddI8 {
    let b_zero_point = right.zero_point;
    if numerics != Numerics::Tflite {
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
