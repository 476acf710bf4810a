//! Steps that interpolate between elements.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops::resample as ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Resample,
        DType::F32,
        Numerics::None,
        ops::resample_f32,
    ),
    kernel(
        Opcode::Resample,
        DType::I8,
        Numerics::Onnx,
        ops::resample_i8,
    ),
    kernel(
        Opcode::GridSample,
        DType::F32,
        Numerics::None,
        ops::grid_sample,
    ),
    kernel(
        Opcode::AffineGrid,
        DType::F32,
        Numerics::None,
        ops::affine_grid,
    ),
    kernel(Opcode::RoiAlign, DType::F32, Numerics::None, ops::roi_align),
    kernel(Opcode::Col2Im, DType::F32, Numerics::None, ops::col2im),
];
