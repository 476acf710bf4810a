use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8, Window};

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
