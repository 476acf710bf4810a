use bytemuck::{Pod, Zeroable};

use super::{ClampF32, Multiplier, QuantI8};

/// `Add` in f32. Operands: a, b and output of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct AddF32 {
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Add` in int8. `onnx`: `a` and `b` are each input's scale over the output's. `tflite`: both inputs are
/// shifted left by `left_shift`, scaled by `a` and `b`, added, and scaled by `y`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
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

/// `Unary` in f32. Operands: input and output of one shape.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct UnaryF32 {
    /// A [`UnaryFunction`].
    pub function: u32,
    /// First parameter: `min` of clamp, slope of leaky ReLU.
    pub alpha: f32,
    /// Second parameter: `max` of clamp.
    pub beta: f32,
}

/// The functions of `Unary`.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryFunction {
    /// `min(max(x, alpha), beta)`.
    Clamp = 0,
    /// `x` where positive, else `alpha * x`.
    LeakyRelu = 1,
    /// `1 / (1 + exp(-x))`.
    Sigmoid = 2,
    /// Hyperbolic tangent.
    Tanh = 3,
}

impl UnaryFunction {
    /// The function with this code.
    pub const fn from_u32(code: u32) -> Option<UnaryFunction> {
        Some(match code {
            0 => UnaryFunction::Clamp,
            1 => UnaryFunction::LeakyRelu,
            2 => UnaryFunction::Sigmoid,
            3 => UnaryFunction::Tanh,
            _ => return None,
        })
    }
}

/// `Softmax` in int8; f32 has no parameters. Operands: input and output of one shape, over the last axis.
/// The output's scale is 1/256 and its zero point -128.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct SoftmaxI8 {
    /// `onnx`: bits of the input's scale. `tflite`: Q31 multiplier and left shift of the scaled difference.
    pub input: Multiplier,
    /// Differences below this give the least output (`tflite`).
    pub diff_min: i32,
}
