use cadet_format::{DType, Numerics, Opcode, SoftmaxI8, UnaryF32, UnaryFunction};
use cadet_kernels::unary::Function;

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{q31, ratio};
use crate::ir::{Node, Unary};

/// Integer bits of TensorFlow Lite's scaled softmax differences.
const SOFTMAX_INTEGER_BITS: i32 = 5;

/// An elementwise function: `unary` in f32, a table of 256 entries in int8.
pub(super) fn unary(emitter: &mut Emitter<'_>, node: &Node, function: Unary) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output(), &dims);
    let Some((input, output)) = emitter.affines(node) else {
        let kernel = Kernel {
            opcode: Opcode::Unary,
            dtype: emitter.dtype(node.output()),
            numerics: Numerics::None,
            params: block(params(function)),
            macs: 0,
        };
        return emitter.step(node, &kernel, &[x], &[y]);
    };
    let function = match function {
        Unary::Clip(bounds) => Function::Clamp(bounds.min, bounds.max),
        Unary::LeakyRelu(slope) => Function::LeakyRelu(slope),
        Unary::Sigmoid => Function::Sigmoid,
        Unary::Tanh => Function::Tanh,
    };
    let entry = |value: i8| output.quantise(function.apply(input.dequantise(value)));
    let entries: Vec<i8> = (i8::MIN..=i8::MAX).map(entry).collect();
    let table = emitter.vector(&format!("{} table", node.name), DType::I8, &entries);
    let kernel = Kernel {
        opcode: Opcode::Table,
        dtype: DType::I8,
        numerics: Numerics::None,
        params: Vec::new(),
        macs: 0,
    };
    emitter.step(node, &kernel, &[x, table], &[y]);
}

/// `Softmax` as `softmax`; the layout has put its axis innermost.
pub(super) fn softmax(emitter: &mut Emitter<'_>, node: &Node) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output(), &dims);
    let kernel = Kernel {
        opcode: Opcode::Softmax,
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match emitter.affines(node) {
            None => Vec::new(),
            Some((input, _)) => block(softmax_scaling(input.scale, emitter.rounding())),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[x], &[y]);
}

fn softmax_scaling(input_scale: f32, numerics: Numerics) -> SoftmaxI8 {
    if numerics != Numerics::Tflite {
        return SoftmaxI8 {
            input: ratio(input_scale),
            diff_min: 0,
        };
    }
    let unit = 31 - SOFTMAX_INTEGER_BITS;
    let input = q31(f64::from(input_scale) * f64::from(1 << unit));
    let largest = f64::from(((1 << SOFTMAX_INTEGER_BITS) - 1) * (1_i32 << unit));
    let radius = (largest / f64::from(input.shift).exp2()).floor();
    SoftmaxI8 {
        input,
        diff_min: -(radius as i32),
    }
}

fn params(function: Unary) -> UnaryF32 {
    let (function, alpha, beta) = match function {
        Unary::Clip(bounds) => (UnaryFunction::Clamp, bounds.min, bounds.max),
        Unary::LeakyRelu(slope) => (UnaryFunction::LeakyRelu, slope, 0.0),
        Unary::Sigmoid => (UnaryFunction::Sigmoid, 0.0, 0.0),
        Unary::Tanh => (UnaryFunction::Tanh, 0.0, 0.0),
    };
    UnaryF32 {
        function: function as u32,
        alpha,
        beta,
    }
}
