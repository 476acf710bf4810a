use bytemuck::{Pod, Zeroable};

use super::{AddF32, AddI8, ClampF32, QuantI8, Window, Window3d};

/// `Conv2d` in f32. Operands: input `[n, h, w, i]`, weights `[o, kh, kw, i/groups]`, bias `[o]` or none;
/// output `[n, oh, ow, o]`. `Conv2dCompressed` (f32 or f16) takes weights in f16, or in i8 with a fourth operand:
/// f32 scales `[o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Conv2dF32 {
    /// The window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Conv2d` in int8. Operands: input, weights i8 `[o, kh, kw, i/groups]`, bias i32 `[o]` or none,
/// multipliers (f32 `[o]` or `[1]` for `onnx`, i32 `[o, 2]` or `[1, 2]` as [`Multiplier`](crate::Multiplier) for
/// `tflite`), weight zero points i8 `[o]` or none; output.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Conv2dI8 {
    /// The window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `DepthwiseConv2d` in f32: as [`Conv2dF32`] with weights `[kh, kw, o]`; output channel `o` reads input
/// channel `o / multiplier`, where `multiplier` is the ratio of the channel counts. `DepthwiseConv2dCompressed` as
/// there.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct DepthwiseConv2dF32 {
    /// The window.
    pub window: Window,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `DepthwiseConv2d` in int8: as [`Conv2dI8`] with weights `[kh, kw, o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct DepthwiseConv2dI8 {
    /// The window.
    pub window: Window,
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `FullyConnected` in f32. Operands: input `[.., i]`, weights `[o, i]`, bias `[o]` or none; output `[.., o]`.
/// `FullyConnectedCompressed` as [`Conv2dF32`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct FullyConnectedF32 {
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `FullyConnected` in int8. Operands as [`Conv2dI8`] with weights `[o, i]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct FullyConnectedI8 {
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `Conv2dAdd` in f32. Operands as [`Conv2dF32`], and number [`SUMMAND`], which lies where the output goes: the output is
/// the sum of what the layer gives and of that.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Conv2dAddF32 {
    /// The layer.
    pub layer: Conv2dF32,
    /// The sum.
    pub sum: AddF32,
}

/// `Conv2dAdd` in int8. Operands as [`Conv2dI8`], and number [`SUMMAND`] as in [`Conv2dAddF32`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Conv2dAddI8 {
    /// The layer.
    pub layer: Conv2dI8,
    /// The sum, of which the layer's result is the first summand.
    pub sum: AddI8,
}

/// `FullyConnectedAdd` in f32. Operands as [`FullyConnectedF32`], and number [`SUMMAND`] as in [`Conv2dAddF32`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct FullyConnectedAddF32 {
    /// The layer.
    pub layer: FullyConnectedF32,
    /// The sum.
    pub sum: AddF32,
}

/// `FullyConnectedAdd` in int8. Operands as [`FullyConnectedI8`], and number [`SUMMAND`] as in [`Conv2dAddF32`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct FullyConnectedAddI8 {
    /// The layer.
    pub layer: FullyConnectedI8,
    /// The sum, of which the layer's result is the first summand.
    pub sum: AddI8,
}

/// Which operand of a layer with a sum is the other summand.
pub const SUMMAND: usize = 5;

/// `Conv` and `ConvTranspose` in f32. Operands: input `[n, .., i]`, weights `[o, .., i/groups]` in either direction,
/// bias `[o]` or none; output `[n, .., o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ConvF32 {
    /// The window.
    pub window: Window3d,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Fused activation.
    pub clamp: ClampF32,
}

/// `Conv` and `ConvTranspose` in int8. Operands as [`Conv2dI8`], extents as [`ConvF32`].
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ConvI8 {
    /// The window.
    pub window: Window3d,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Zero points and fused activation.
    pub quant: QuantI8,
}

/// `ConvInteger`, i8 or u8. Operands: input `[n, .., i]`, weights i8 `[o, .., i/groups]`, zero point of the input
/// (constant or activation) or none, zero points of the weights i8 `[o]` or none; output i32 `[n, .., o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct ConvInteger {
    /// The window.
    pub window: Window3d,
    /// Channels are split into this many independent groups.
    pub groups: u32,
}

/// `DeformConv` in f32. Operands: input `[n, h, w, i]`, weights `[o, kh, kw, i/groups]`,
/// bias `[o]` or none, offsets `[n, oh, ow, offset_groups * kh * kw * 2]` (down, right), mask
/// `[n, oh, ow, offset_groups * kh * kw]` or none; output `[n, oh, ow, o]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct DeformConvF32 {
    /// The window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: u32,
    /// Input channels are split into this many runs, each with offsets of its own.
    pub offset_groups: u32,
    /// Fused activation.
    pub clamp: ClampF32,
}
