//! Convolution over one to three spatial axes, forward or transposed, with groups (ONNX `Conv`,
//! `ConvTranspose`, opset 11 on; `ConvInteger`, opset 10; TensorFlow Lite `TRANSPOSE_CONV`).
//!
//! Shapes: input `[d, h, w, i]`, weights `[o, kd, kh, kw, i / groups]` in either direction, bias `[o]`, output
//! `[od, oh, ow, o]`. Output `p` of a transposed convolution reads input `q` through tap `k` where
//! `q * stride + k * dilation - pad == p`. Padded taps count as zero (as the zero point in integers). Input and
//! output must not overlap. Needs no scratch memory.
//!
//! `conv2d` and `depthwise_conv2d` are the faster special cases.

mod geometry;
mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

pub use geometry::Geometry;

use crate::requantize::{Multipliers, Quant};
use crate::{Epilogue, Result, Source, require};

/// Operands of a float convolution.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Extents and window.
    pub geometry: Geometry,
    /// `[d, h, w, i]`.
    pub input: &'a [Cell<f32>],
    /// `[o, kd, kh, kw, i / groups]`.
    pub weights: &'a [f32],
    /// Bias and fused activation.
    pub epilogue: Epilogue<'a>,
    /// `[od, oh, ow, o]`.
    pub output: &'a [Cell<f32>],
}

/// Operands of an int8 convolution.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Extents and window.
    pub geometry: Geometry,
    /// `[d, h, w, i]`.
    pub input: &'a [Cell<i8>],
    /// `[o, kd, kh, kw, i / groups]`.
    pub weights: &'a [i8],
    /// `[o]`; none where all are zero.
    pub weight_zero_points: Option<&'a [i8]>,
    /// `[o]`, with scale `sx * sw[o]`.
    pub bias: Option<&'a [i32]>,
    /// `[o]`.
    pub multipliers: Multipliers<'a>,
    /// Zero points and fused activation.
    pub quant: Quant,
    /// `[od, oh, ow, o]`.
    pub output: &'a [Cell<i8>],
}

/// Operands of an integer convolution that keeps its sums.
#[derive(Clone, Copy)]
pub struct Integer<'a, X> {
    /// Extents and window.
    pub geometry: Geometry,
    /// `[d, h, w, i]`.
    pub input: &'a [Cell<X>],
    /// One element; none where it is zero.
    pub zero_point: Option<Source<'a, X>>,
    /// `[o, kd, kh, kw, i / groups]`.
    pub weights: &'a [i8],
    /// `[o]`; none where all are zero.
    pub weight_zero_points: Option<&'a [i8]>,
    /// `[od, oh, ow, o]`.
    pub output: &'a [Cell<i32>],
}

/// Convolution in f32; taps are added in rows, channel by channel.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let lengths = [op.input.len(), op.weights.len(), op.output.len()];
    op.geometry.check(lengths)?;
    op.epilogue.check(op.geometry.channels())?;
    scalar::f32(op);
    Ok(())
}

/// Convolution in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn i8(op: &I8<'_>) -> Result {
    let channels = op.geometry.channels();
    let lengths = [op.input.len(), op.weights.len(), op.output.len()];
    op.geometry.check(lengths)?;
    require(op.bias.is_none_or(|bias| bias.len() == channels))?;
    require(op.weight_zero_points.is_none_or(|z| z.len() == channels))?;
    op.multipliers.check(channels)?;
    op.quant.check()?;
    scalar::i8(op);
    Ok(())
}

/// Convolution from i8 or u8 to i32; sums wrap.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn integer<X: Copy + Default + Into<i32>>(op: &Integer<'_, X>) -> Result {
    let channels = op.geometry.channels();
    let lengths = [op.input.len(), op.weights.len(), op.output.len()];
    op.geometry.check(lengths)?;
    require(op.zero_point.is_none_or(|z| z.len() == 1))?;
    require(op.weight_zero_points.is_none_or(|z| z.len() == channels))?;
    scalar::integer(op);
    Ok(())
}
