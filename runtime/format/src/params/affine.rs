use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8};

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
