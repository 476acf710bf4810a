//! Reductions and normalisations.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(Opcode::Reduce, DType::F32, Numerics::None, ops::reduce::f32),
    kernel(Opcode::Reduce, DType::I8, Numerics::None, ops::reduce::i8),
    kernel(Opcode::Reduce, DType::U8, Numerics::None, ops::reduce::u8),
    kernel(Opcode::Reduce, DType::I32, Numerics::None, ops::reduce::i32),
    kernel(Opcode::Reduce, DType::I64, Numerics::None, ops::reduce::i64),
    kernel(
        Opcode::Reduce,
        DType::Bool,
        Numerics::None,
        ops::reduce::bool,
    ),
    kernel(
        Opcode::Reduce,
        DType::I8,
        Numerics::Onnx,
        ops::reduce::quantised_sum,
    ),
    kernel(
        Opcode::Reduce,
        DType::I8,
        Numerics::Tflite,
        ops::reduce::quantised_sum,
    ),
    kernel(
        Opcode::Normalize,
        DType::F32,
        Numerics::None,
        ops::normalize::f32,
    ),
    kernel(
        Opcode::LocalResponseNorm,
        DType::F32,
        Numerics::None,
        ops::normalize::local_response,
    ),
];
