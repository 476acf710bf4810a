//! Steps whose operands say where elements lie.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, any_type, kernel, numbers};
use crate::ops;

/// The kernels that only move data.
pub const TABLE: &[Kernel] = any_type! {
    Gather => indexing::gather,
    GatherElements => indexing::gather_elements,
    TensorScatter => indexing::tensor_scatter,
    OneHot => indexing::one_hot,
};

/// The kernels that may combine updates with what is there.
pub const SCATTER: &[Kernel] = numbers! {
    ScatterElements => indexing::scatter_elements,
    ScatterNd => indexing::scatter_nd,
};
