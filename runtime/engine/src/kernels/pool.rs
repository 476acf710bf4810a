//! Poolings.

use cadet_format::{DType, Numerics, Opcode};
use cadet_kernels::f16;

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::MaxPool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::max::<f32>,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::F16,
        Numerics::None,
        ops::pool2d::max::<f16>,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::I8,
        Numerics::None,
        ops::pool2d::max::<i8>,
    ),
    kernel(
        Opcode::MaxPool2d,
        DType::U8,
        Numerics::None,
        ops::pool2d::max::<u8>,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::F32,
        Numerics::None,
        ops::pool2d::average_float::<f32>,
    ),
    kernel(
        Opcode::AveragePool2d,
        DType::F16,
        Numerics::None,
        ops::pool2d::average_float::<f16>,
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
    kernel(
        Opcode::MaxPool,
        DType::F32,
        Numerics::None,
        ops::pool::max::<f32>,
    ),
    kernel(
        Opcode::MaxPool,
        DType::I8,
        Numerics::None,
        ops::pool::max::<i8>,
    ),
    kernel(
        Opcode::MaxPool,
        DType::U8,
        Numerics::None,
        ops::pool::max::<u8>,
    ),
    kernel(
        Opcode::AveragePool,
        DType::F32,
        Numerics::None,
        ops::pool::average,
    ),
    kernel(Opcode::LpPool, DType::F32, Numerics::None, ops::pool::lp),
    kernel(
        Opcode::MaxUnpool,
        DType::F32,
        Numerics::None,
        ops::pool::unpool,
    ),
];
