use bytemuck::{Pod, Zeroable};

/// Window of a convolution or pooling, in elements.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
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

/// Window of a convolution or pooling over up to three spatial axes, in elements. Operands are `[n, .., c]`; where
/// they have fewer axes, the entries of those that are missing come first and are 1, and 0 in `pad`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Window3d {
    /// Depth, height and width.
    pub kernel: [u32; 3],
    /// Step along each axis.
    pub stride: [u32; 3],
    /// Distance between taps; 1 for a dense window.
    pub dilation: [u32; 3],
    /// Padding before each axis. Behind follows from the output's size.
    pub pad: [u32; 3],
}

/// Bounds of a fused activation in f32; `-inf` and `inf` where there is none.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ClampF32 {
    /// Least value.
    pub min: f32,
    /// Greatest value.
    pub max: f32,
}

/// Zero points and fused activation of an int8 step.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
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
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Multiplier {
    /// `f32::to_bits` or Q31.
    pub bits: i32,
    /// Power of two.
    pub shift: i32,
}
