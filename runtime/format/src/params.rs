//! Parameter blocks of the built-in operators, version 1 of each. All fields are 4 bytes wide.

use bytemuck::{Pod, Zeroable};

/// Window of a convolution or pooling, in elements.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Window {
    /// Height and width.
    pub kernel: [u32; 2],
    /// Step down and right.
    pub stride: [u32; 2],
    /// Distance between taps, down and right; 1 for a dense window.
    pub dilation: [u32; 2],
    /// Rows above and columns to the left of the input. Below and right follow from the output's size.
    pub pad: [u32; 2],
}

/// Bounds of a fused activation in f32; `-inf` and `inf` where there is none.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct ClampF32 {
    /// Least value.
    pub min: f32,
    /// Greatest value.
    pub max: f32,
}

/// Zero points and fused activation of an int8 step.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct QuantI8 {
    /// Value of the input that stands for 0.
    pub input_zero_point: i32,
    /// Value of the output that stands for 0.
    pub output_zero_point: i32,
    /// Least value of the output, at least -128.
    pub min: i32,
    /// Greatest value of the output, at most 127.
    pub max: i32,
}

/// One multiplier: the bits of an f32 (numerics `onnx`, shift 0) or a Q31 integer with a shift
/// (numerics `tflite`, positive shifts left).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Multiplier {
    /// `f32::to_bits` or Q31.
    pub bits: i32,
    /// Power of two.
    pub shift: i32,
}

/// `Conv2d` in f32. Operands: input `[1, h, w, i]`, weights `[o, kh, kw, i/groups]`, bias `[o]` or none;
/// output `[1, oh, ow, o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Conv2dF32 {
    /// The window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Conv2d` in int8. Operands: input, weights i8 `[o, kh, kw, i/groups]`, bias i32 `[o]` or none,
/// multipliers (f32 `[o]` for `onnx`, i32 `[o, 2]` as [`Multiplier`] for `tflite`), weight zero points
/// i8 `[o]` or none; output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Conv2dI8 {
    /// The window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `DepthwiseConv2d` in f32: as [`Conv2dF32`] with weights `[kh, kw, o]`; output channel `o` reads input
/// channel `o / multiplier`, where `multiplier` is the ratio of the channel counts.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct DepthwiseConv2dF32 {
    /// The window.
    pub window: Window,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `DepthwiseConv2d` in int8: as [`Conv2dI8`] with weights `[kh, kw, o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct DepthwiseConv2dI8 {
    /// The window.
    pub window: Window,
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `FullyConnected` in f32. Operands: input `[.., i]`, weights `[o, i]`, bias `[o]` or none; output `[.., o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct FullyConnectedF32 {
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `FullyConnected` in int8. Operands as [`Conv2dI8`] with weights `[o, i]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct FullyConnectedI8 {
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `MaxPool2d`, f32 or i8 (same scale and zero point on both sides). Operands: input and output
/// `[1, h, w, c]`. Padding never wins.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct MaxPool2d {
    /// The window.
    pub window: Window,
}

/// `AveragePool2d` in f32. Operands: input and output `[1, h, w, c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct AveragePool2dF32 {
    /// The window.
    pub window: Window,
    /// 1 when padded elements count in the divisor, else 0.
    pub count_padding: u32,
}

/// `AveragePool2d` in int8. `tflite` wants the same scale and zero point on both sides.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct AveragePool2dI8 {
    /// The window.
    pub window: Window,
    /// 1 when padded elements count in the divisor, else 0.
    pub count_padding: u32,
    /// Zero points and fused activation.
    pub quant: QuantI8,
    /// Input scale over output scale (`onnx`); not used by `tflite`.
    pub multiplier: Multiplier,
}

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

/// `Transpose`: output axis `i` is input axis `permutation[i]`. Any element size of 1, 2 or 4 bytes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Transpose {
    /// As many entries as the rank; the rest is ignored.
    pub permutation: [u32; 8],
}

/// `Quantize`: f32 to i8, `y = sat(rne(x / scale) + zero_point)`; `Dequantize`: `(x - zero_point) * scale`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
pub struct Affine {
    /// Real value of one step.
    pub scale: f32,
    /// Quantised value that stands for 0.
    pub zero_point: i32,
}

/// `Requantize`: i8 to i8. The multiplier is the input's scale over the output's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct RequantizeI8 {
    /// Zero points and bounds.
    pub quant: QuantI8,
    /// Ratio of the scales.
    pub multiplier: Multiplier,
}
