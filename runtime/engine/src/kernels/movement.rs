//! Steps that only move data.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Transpose,
        DType::F32,
        Numerics::None,
        ops::data::transpose,
    ),
    kernel(
        Opcode::Transpose,
        DType::I8,
        Numerics::None,
        ops::data::transpose,
    ),
    kernel(Opcode::Copy, DType::F32, Numerics::None, ops::data::copy),
    kernel(Opcode::Copy, DType::I8, Numerics::None, ops::data::copy),
];
