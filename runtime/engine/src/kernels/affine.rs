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
        ops::affine::quantize::<i8>,
    ),
    kernel(
        Opcode::Dequantize,
        DType::I8,
        Numerics::None,
        ops::affine::dequantize::<i8>,
    ),
    kernel(
        Opcode::Quantize,
        DType::U8,
        Numerics::Onnx,
        ops::affine::quantize::<u8>,
    ),
    kernel(
        Opcode::Dequantize,
        DType::U8,
        Numerics::None,
        ops::affine::dequantize::<u8>,
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
    kernel(
        Opcode::QuantizeLinear,
        DType::F32,
        Numerics::Onnx,
        ops::quantize_linear::quantize,
    ),
    kernel(
        Opcode::DequantizeLinear,
        DType::I8,
        Numerics::None,
        ops::quantize_linear::dequantize::<i8>,
    ),
    kernel(
        Opcode::DequantizeLinear,
        DType::U8,
        Numerics::None,
        ops::quantize_linear::dequantize::<u8>,
    ),
    kernel(
        Opcode::DequantizeLinear,
        DType::I16,
        Numerics::None,
        ops::quantize_linear::dequantize::<i16>,
    ),
    kernel(
        Opcode::DequantizeLinear,
        DType::I32,
        Numerics::None,
        ops::quantize_linear::dequantize::<i32>,
    ),
    kernel(
        Opcode::DynamicQuantizeLinear,
        DType::F32,
        Numerics::Onnx,
        ops::quantize_linear::dynamic,
    ),
    kernel(
        Opcode::FlipSign,
        DType::I8,
        Numerics::None,
        ops::quantize_linear::flip_sign,
    ),
    kernel(
        Opcode::FlipSign,
        DType::U8,
        Numerics::None,
        ops::quantize_linear::flip_sign,
    ),
];
