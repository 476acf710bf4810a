//! Functions of each element, and of pairs.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(Opcode::Add, DType::F32, Numerics::None, ops::add::f32),
    kernel(Opcode::Add, DType::I8, Numerics::Onnx, ops::add::i8),
    kernel(Opcode::Add, DType::I8, Numerics::Tflite, ops::add::i8),
    kernel(
        Opcode::Unary,
        DType::F32,
        Numerics::None,
        ops::elementwise::unary,
    ),
    kernel(
        Opcode::Table,
        DType::I8,
        Numerics::None,
        ops::elementwise::table,
    ),
];
