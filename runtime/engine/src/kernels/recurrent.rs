//! Recurrent layers.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Lstm,
        DType::F32,
        Numerics::None,
        ops::recurrent::lstm,
    ),
    kernel(Opcode::Gru, DType::F32, Numerics::None, ops::recurrent::gru),
    kernel(Opcode::Rnn, DType::F32, Numerics::None, ops::recurrent::rnn),
];
