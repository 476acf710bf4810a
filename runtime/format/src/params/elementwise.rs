use bytemuck::{Pod, Zeroable};

use super::{Affine, ClampF32, Multiplier, QuantI8};

/// `Add` in f32. Operands: a and b, which broadcast to the output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AddF32 {
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Add` in int8. Operands as [`AddF32`]. `onnx`: `a` and `b` are each input's scale over the output's. `tflite`: both inputs are
/// shifted left by `left_shift`, scaled by `a` and `b`, added, and scaled by `y`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AddI8 {
    /// Zero point of the first input in `input_zero_point`, of the output, and the fused activation.
    pub quant: QuantI8,
    /// Zero point of the second input.
    pub b_zero_point: i32,
    /// Multiplier of the first input.
    pub a: Multiplier,
    /// Multiplier of the second input.
    pub b: Multiplier,
    /// Multiplier of the sum (`tflite`).
    pub y: Multiplier,
    /// Left shift of both inputs (`tflite`).
    pub left_shift: u32,
}

/// `Unary` and `Transcendental` in f32. Operands: input and output of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct UnaryF32 {
    /// A [`UnaryFunction`](super::UnaryFunction) or
    /// [`TranscendentalFunction`](super::TranscendentalFunction).
    pub function: u32,
    /// First parameter, where the function has one.
    pub alpha: f32,
    /// Second parameter.
    pub beta: f32,
}

/// `Binary` in f32. Operands: a and b, which broadcast to the output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct BinaryF32 {
    /// A [`BinaryFunction`](super::BinaryFunction).
    pub function: u32,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Binary` of integers or booleans. Operands as [`BinaryF32`]. `Pow` (base f32, i32 or i64; exponent f32 or i64),
/// `Select` (condition, a, b) and `Cast` have no parameters.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Binary {
    /// A [`BinaryFunction`](super::BinaryFunction).
    pub function: u32,
}

/// `Compare` of any type. Operands: a and b, which broadcast to the output, a boolean.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Compare {
    /// A [`Comparison`](super::Comparison).
    pub comparison: u32,
}

/// `Mul` in int8. Operands as [`AddI8`]. The multiplier is the product of the inputs' scales over the output's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MulI8 {
    /// Zero point of the first input in `input_zero_point`, of the output, and the fused activation.
    pub quant: QuantI8,
    /// Zero point of the second input.
    pub b_zero_point: i32,
    /// Of the product.
    pub multiplier: Multiplier,
}

/// `PRelu` in int8. Operands: input and slopes, which broadcast to the output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct PReluI8 {
    /// Zero points of the input and of the output, and the fused activation.
    pub quant: QuantI8,
    /// Zero point of the slopes.
    pub slope_zero_point: i32,
    /// The input's scale over the output's.
    pub positive: Multiplier,
    /// Product of the input's and the slopes' scales over the output's.
    pub negative: Multiplier,
}

/// `Softmax` in int8; f32 has no parameters. Operands: input and output of one shape, over the last axis.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct SoftmaxI8 {
    /// `onnx`: bits of the input's scale. `tflite`: Q31 multiplier and left shift of the scaled difference.
    pub input: Multiplier,
    /// Differences below this give the least output (`tflite`).
    pub diff_min: i32,
    /// What the output stands for; with `tflite` always scale 1/256 and zero point -128.
    pub output: Affine,
}
