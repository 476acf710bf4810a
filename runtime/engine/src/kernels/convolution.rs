//! Convolutions and layers with constant weights.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(Opcode::Conv2d, DType::F32, Numerics::None, ops::conv2d::f32),
    kernel(Opcode::Conv2d, DType::I8, Numerics::Onnx, ops::conv2d::i8),
    kernel(Opcode::Conv2d, DType::I8, Numerics::Tflite, ops::conv2d::i8),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::F32,
        Numerics::None,
        ops::depthwise_conv2d::f32,
    ),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::I8,
        Numerics::Onnx,
        ops::depthwise_conv2d::i8,
    ),
    kernel(
        Opcode::DepthwiseConv2d,
        DType::I8,
        Numerics::Tflite,
        ops::depthwise_conv2d::i8,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::F32,
        Numerics::None,
        ops::fully_connected::f32,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Onnx,
        ops::fully_connected::i8,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::Tflite,
        ops::fully_connected::i8,
    ),
    kernel(
        Opcode::FullyConnected,
        DType::I8,
        Numerics::TfliteSingle,
        ops::fully_connected::i8,
    ),
    kernel(
        Opcode::Conv,
        DType::F32,
        Numerics::None,
        ops::conv::forward_f32,
    ),
    kernel(
        Opcode::Conv,
        DType::I8,
        Numerics::Onnx,
        ops::conv::forward_i8,
    ),
    kernel(
        Opcode::Conv,
        DType::I8,
        Numerics::Tflite,
        ops::conv::forward_i8,
    ),
    kernel(
        Opcode::ConvTranspose,
        DType::F32,
        Numerics::None,
        ops::conv::transposed_f32,
    ),
    kernel(
        Opcode::ConvTranspose,
        DType::I8,
        Numerics::Onnx,
        ops::conv::transposed_i8,
    ),
    kernel(
        Opcode::ConvTranspose,
        DType::I8,
        Numerics::Tflite,
        ops::conv::transposed_i8,
    ),
    kernel(
        Opcode::ConvInteger,
        DType::I8,
        Numerics::None,
        ops::conv::integer::<i8>,
    ),
    kernel(
        Opcode::ConvInteger,
        DType::U8,
        Numerics::None,
        ops::conv::integer::<u8>,
    ),
    kernel(
        Opcode::DeformConv,
        DType::F32,
        Numerics::None,
        ops::deform_conv::f32,
    ),
];
