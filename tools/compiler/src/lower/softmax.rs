use cadet_format::{Numerics, Opcode, SoftmaxI8};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{q31, ratio};
use crate::ir::{Affine, Node, SoftmaxKind};

/// Integer bits of TensorFlow Lite's scaled softmax differences.
const SOFTMAX_INTEGER_BITS: i32 = 5;

/// `Softmax`, `LogSoftmax`, `Hardmax` as the kernels of these names; the layout has put the axis innermost.
pub(super) fn softmax(emitter: &mut Emitter<'_>, node: &Node, kind: SoftmaxKind) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output(), &dims);
    let kernel = Kernel {
        opcode: match kind {
            SoftmaxKind::Soft => Opcode::Softmax,
            SoftmaxKind::Masked => Opcode::MaskedSoftmax,
            SoftmaxKind::Log => Opcode::LogSoftmax,
            SoftmaxKind::Hard => Opcode::Hardmax,
        },
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match emitter.affines(node) {
            None => Vec::new(),
            Some((input, output)) => block(scaling(input.scale, output, emitter.rounding())),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[x], &[y]);
}

fn scaling(input_scale: f32, output: Affine, numerics: Numerics) -> SoftmaxI8 {
    let output = cadet_format::Affine {
        scale: output.scale,
        zero_point: output.zero_point,
    };
    if numerics != Numerics::Tflite {
        return SoftmaxI8 {
            input: ratio(input_scale),
            diff_min: 0,
            output,
        };
    }
    let unit = 31 - SOFTMAX_INTEGER_BITS;
    let input = q31(f64::from(input_scale) * f64::from(1 << unit));
    let largest = f64::from(((1 << SOFTMAX_INTEGER_BITS) - 1) * (1_i32 << unit));
    let radius = (largest / f64::from(input.shift).exp2()).floor();
    SoftmaxI8 {
        input,
        diff_min: -(radius as i32),
        output,
    }
}
