//! Poolings.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::MaxPool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::max_f32,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::I8,
        Numerics::None,
        ops::pool2d::max_i8,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::average_f32,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::I8,
        Numerics::Onnx,
        ops::pool2d::average_i8,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::I8,
        Numerics::Tflite,
        ops::pool2d::average_i8,
    ),
];
