use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8, Window, Window3d};

/// `MaxPool2d` of f32, f16, u8 or i8 (same scale and zero point on both sides). Operands: input and output
/// `[n, h, w, c]`. Padding never wins.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MaxPool2d {
    /// The window.
    pub window: Window,
}

/// `AveragePool2d` in f32 or f16. Operands: input and output `[n, h, w, c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AveragePool2dF32 {
    /// The window.
    pub window: Window,
    /// 1 when padded elements count in the divisor, else 0.
    pub count_padding: u32,
}

/// `AveragePool2d` in int8. `tflite` wants the same scale and zero point on both sides.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
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

/// `MaxPool` of f32, u8 or i8 (same scale and zero point on both sides). Operands: input `[n, .., c]`; output
/// `[n, .., c]` and, if asked for, i64 indices of its shape, which count flat in `[n, c, ..]`; -1 for a window wholly
/// in the padding.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MaxPool {
    /// The window.
    pub window: Window3d,
    /// 1 when indices count the first spatial axis fastest, 0 when the last one.
    pub column_major: u32,
}

/// `AveragePool` in f32. Operands: input and output `[n, .., c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AveragePool {
    /// The window.
    pub window: Window3d,
    /// Padding behind each axis. Of what an output reaches beyond it nothing counts in the divisor.
    pub pad_end: [u32; 3],
    /// 1 when padded elements count in the divisor, else 0.
    pub count_padding: u32,
}

/// `LpPool` in f32: `(sum of |x|^p)^(1/p)`. Operands: input and output `[n, .., c]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct LpPool {
    /// The window.
    pub window: Window3d,
    /// Order of the norm, at least 1.
    pub p: u32,
}

/// `MaxUnpool` in f32. Operands: input, i64 indices (constant or activation), output, all `[n, c, ..]`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct MaxUnpool {
    /// Extents that the indices count in, none larger than the output's; as many entries as its rank, the rest is
    /// ignored.
    pub shape: [u32; 8],
}
