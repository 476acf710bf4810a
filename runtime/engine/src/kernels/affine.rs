//! Between floats and integers.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(
        Opcode::Quantize,
        DType::I8,
        Numerics::Onnx,
        ops::affine::quantize,
    ),
    kernel(
        Opcode::Dequantize,
        DType::I8,
        Numerics::None,
        ops::affine::dequantize,
    ),
    kernel(
        Opcode::Requantize,
        DType::I8,
        Numerics::Onnx,
        ops::affine::requantize,
    ),
    kernel(
        Opcode::Requantize,
        DType::I8,
        Numerics::Tflite,
        ops::affine::requantize,
    ),
];
