//! Products of activations, and transforms.

use cadet_format::{DType, Numerics, Opcode};

use super::{Kernel, kernel};
use crate::ops;

/// The kernels.
pub const TABLE: &[Kernel] = &[
    kernel(Opcode::MatMul, DType::F32, Numerics::None, ops::matmul::f32),
    kernel(
        Opcode::MatMul,
        DType::I8,
        Numerics::None,
        ops::matmul::integer,
    ),
    kernel(
        Opcode::MatMul,
        DType::U8,
        Numerics::None,
        ops::matmul::integer,
    ),
    kernel(
        Opcode::MatMul,
        DType::I8,
        Numerics::Onnx,
        ops::matmul::quantised,
    ),
    kernel(
        Opcode::MatMul,
        DType::I8,
        Numerics::Tflite,
        ops::matmul::quantised,
    ),
    kernel(
        Opcode::MatMul,
        DType::U8,
        Numerics::Onnx,
        ops::matmul::quantised,
    ),
    kernel(
        Opcode::LinearAttention,
        DType::F32,
        Numerics::None,
        ops::linear_attention::f32,
    ),
    kernel(
        Opcode::CachedAttention,
        DType::F32,
        Numerics::None,
        ops::cached_attention::f32,
    ),
    kernel(Opcode::Rotary, DType::F32, Numerics::None, ops::rotary::f32),
    kernel(Opcode::Linear, DType::F32, Numerics::None, ops::linear::f32),
    kernel(
        Opcode::Embedding,
        DType::F32,
        Numerics::None,
        ops::linear::embedding,
    ),
    kernel(
        Opcode::Determinant,
        DType::F32,
        Numerics::None,
        ops::transform::determinant,
    ),
    kernel(Opcode::Dft, DType::F32, Numerics::None, ops::transform::dft),
];
