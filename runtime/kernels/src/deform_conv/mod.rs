//! 2-D convolution whose taps are moved by offsets found at run time (ONNX `DeformConv`, opsets 19 and 22).
//!
//! Shapes: input `[1, h, w, i]`, weights `[o, kh, kw, i / groups]`, offsets `[1, oh, ow, g * kh * kw * 2]` with
//! `g` offset groups, the offset down before the offset right, mask `[1, oh, ow, g * kh * kw]`, output
//! `[1, oh, ow, o]`. An input channel belongs to an offset group as to a group, in equal runs. Taps read by
//! bilinear interpolation between pixels; pixels outside the input are zero. Input and output must not overlap.
//! Needs no scratch memory.

mod scalar;
#[cfg(test)]
mod tests;

use core::cell::Cell;

use crate::{ContractError, Epilogue, Result, Window, product, require};

/// Operands of a deformable convolution.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// Extents and window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: usize,
    /// Input channels are split into this many runs, each with offsets of its own.
    pub offset_groups: usize,
    /// `[1, h, w, i]`.
    pub input: &'a [Cell<f32>],
    /// `[o, kh, kw, i / groups]`.
    pub weights: &'a [f32],
    /// `[1, oh, ow, g * kh * kw * 2]`.
    pub offsets: &'a [Cell<f32>],
    /// `[1, oh, ow, g * kh * kw]`; none where all are one.
    pub mask: Option<&'a [Cell<f32>]>,
    /// Bias and fused activation.
    pub epilogue: Epilogue<'a>,
    /// `[1, oh, ow, o]`.
    pub output: &'a [Cell<f32>],
}

/// Deformable convolution in f32; taps are added in rows, channel by channel.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn f32(op: &F32<'_>) -> Result {
    let ([_, _, i], [oh, ow, o]) = (op.window.input, op.window.output);
    op.window.check(op.input.len(), op.output.len())?;
    let divides = |channels: usize, groups: usize| groups > 0 && channels.is_multiple_of(groups);
    require(divides(i, op.groups) && divides(o, op.groups) && divides(i, op.offset_groups))?;
    let per_group = i.checked_div(op.groups).ok_or(ContractError)?;
    let taps = product(&op.window.kernel).ok_or(ContractError)?;
    let positions = product(&[oh, ow, op.offset_groups, taps]).ok_or(ContractError)?;
    require(product(&[o, taps, per_group]) == Some(op.weights.len()))?;
    require(positions.checked_mul(2) == Some(op.offsets.len()))?;
    require(op.mask.is_none_or(|mask| mask.len() == positions))?;
    op.epilogue.check(o)?;
    scalar::f32(op);
    Ok(())
}
