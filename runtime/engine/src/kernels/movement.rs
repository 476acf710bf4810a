//! Steps that only move data.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, any_type, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = any_type! {
    Transpose => movement::transpose,
    Copy => movement::copy,
    StridedCopy => movement::strided_copy,
    Concat => movement::concat,
    Pad => movement::pad,
    Triangle => movement::triangle,
    ReverseSequence => movement::reverse_sequence,
};
