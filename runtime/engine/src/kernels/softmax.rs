//! Softmax and its relatives.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Softmax,
        DType::F32,
        Numerics::None,
        ops::softmax::f32,
    ),
    kernel(
        Opcode::MaskedSoftmax,
        DType::F32,
        Numerics::None,
        ops::softmax::masked_f32,
    ),
    kernel(
        Opcode::LogSoftmax,
        DType::F32,
        Numerics::None,
        ops::softmax::log_f32,
    ),
    kernel(
        Opcode::Hardmax,
        DType::F32,
        Numerics::None,
        ops::softmax::hard_f32,
    ),
    kernel(Opcode::Softmax, DType::I8, Numerics::Onnx, ops::softmax::i8),
    kernel(
        Opcode::Softmax,
        DType::I8,
        Numerics::Tflite,
        ops::softmax::i8,
    ),
];
