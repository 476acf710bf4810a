use bytemuck::{Pod, Zeroable};

use super::{ClampF32, QuantI8, Window};

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
