use bytemuck::{Pod, Zeroable};

use super::{Multiplier, QuantI8};

/// `Quantize`: f32 to the type of its kernel's name, i8 or u8, `y = sat(rne(x / scale) + zero_point)`; `Dequantize`:
/// `(x - zero_point) * scale`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct Affine {
    /// Real value of one step.
    pub scale: f32,
    /// Quantised value that stands for 0.
    pub zero_point: i32,
}

/// `Requantize`: i8 to i8. The multiplier is the input's scale over the output's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct RequantizeI8 {
    /// Zero points and bounds.
    pub quant: QuantI8,
    /// Ratio of the scales.
    pub multiplier: Multiplier,
}

/// `QuantizeLinear`: f32 to i8, u8 or i16, `y = sat(rne(x / scale) + zero_point)`; `DequantizeLinear`: i8, u8, i16 or
/// i32 to f32, `(x - zero_point) * scale`. Operands: input, f32 scales, zero points of the integers' type or none (all
/// constant or activation); output. One scale is for all elements; scales of rank 1 are one for each index of the
/// axis; others have the input's shape with the axis divided into blocks.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[cfg_attr(feature = "manifest", derive(serde::Serialize))]
pub struct AxisAffine {
    /// The axis.
    pub axis: u32,
    /// Length of a block along the axis; 0 where there are no blocks.
    pub block: u32,
}
