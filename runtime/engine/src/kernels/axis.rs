//! Steps along one axis.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel, numbers};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = numbers! {
    Cumulative => axis::cumulative,
    TopK => axis::top_k,
    ArgMax => axis::arg_max,
};
