//! 2-D convolution with groups (ONNX `Conv`, opset 11; TensorFlow Lite `CONV_2D`).
//!
//! Shapes: input `[1, h, w, i]`, weights `[o, kh, kw, i / groups]` (canonical OHWI), bias `[o]`, output
//! `[1, oh, ow, o]`. Padded taps count as zero (as the zero point in int8). The output may overlap
//! the input as [`Overlap::window`](crate::Overlap::window) says; not where it is added to: then it has nothing in
//! common with the input. Needs no scratch memory.

pub mod blocked;
mod scalar;
#[cfg(test)]
pub(crate) mod tests;

use core::cell::Cell;

use bytemuck::Pod;

use crate::add::Sum;
use crate::overlap::is_apart;
use crate::parts::{Work, by_rows};
use crate::requantize::{Multipliers, Quant};
use crate::{ContractError, Crew, Epilogue, Isa, Real, Result, Widen, Window, product, require};

/// Operands of a float convolution, with activations `X` and weights `W`.
#[derive(Clone, Copy)]
pub struct F32<'a, X = f32, W = f32> {
    /// Extents and window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: usize,
    /// `[1, h, w, i]`.
    pub input: &'a [Cell<X>],
    /// `[o, kh, kw, i / groups]`.
    pub weights: &'a [W],
    /// Scales, bias and fused activation.
    pub epilogue: Epilogue<'a>,
    /// Where what the output holds is to be added at the end: bounds of the sum.
    pub sum: Option<[f32; 2]>,
    /// `[1, oh, ow, o]`.
    pub output: &'a [Cell<X>],
}

/// Operands of an int8 convolution.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Extents and window.
    pub window: Window,
    /// Channels are split into this many independent groups.
    pub groups: usize,
    /// `[1, h, w, i]`.
    pub input: &'a [Cell<i8>],
    /// `[o, kh, kw, i / groups]`.
    pub weights: &'a [i8],
    /// `[o]`; none where all are zero.
    pub weight_zero_points: Option<&'a [i8]>,
    /// `[o]`, with scale `sx * sw[o]`.
    pub bias: Option<&'a [i32]>,
    /// `[o]`.
    pub multipliers: Multipliers<'a>,
    /// Zero points and fused activation.
    pub quant: Quant,
    /// Where what the output holds is to be added at the end, as the second summand: how.
    pub sum: Option<&'a Sum>,
    /// `[1, oh, ow, o]`.
    pub output: &'a [Cell<i8>],
}

/// Convolution in f32, whatever activations and weights are stored as; taps are added row by row, channel by
/// channel.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn f32<X: Real, W: Widen>(op: &F32<'_, X, W>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    check_weights(&op.window, op.groups, op.weights.len())?;
    op.epilogue.check(channels)?;
    require(op.sum.is_none() || is_apart(op.input, op.output))?;
    match op.sum {
        None => scalar::f32::<X, W, false>(op),
        Some(_) => scalar::f32::<X, W, true>(op),
    }
    Ok(())
}

/// Convolution in int8.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn i8(op: &I8<'_>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    check_weights(&op.window, op.groups, op.weights.len())?;
    op.window.check_per_channel(op.bias.map(<[i32]>::len))?;
    op.window
        .check_per_channel(op.weight_zero_points.map(<[i8]>::len))?;
    op.multipliers.check(channels)?;
    op.quant.check()?;
    check_sum(op)?;
    match op.sum {
        None => scalar::i8::<false>(op),
        Some(_) => scalar::i8::<true>(op),
    }
    Ok(())
}

/// [`f32`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`f32`].
pub fn f32_in_parts<X: Real + Pod, W: Widen>(op: &F32<'_, X, W>, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else { return f32(op) };
    let operands = (&op.window, op.input, op.output);
    let work = work(&op.window, op.groups);
    by_rows(crew, work, operands, |window, input, output| {
        f32(&F32 {
            window,
            input,
            output,
            ..*op
        })
    })
}

/// [`i8`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`i8`].
pub fn i8_in_parts(op: &I8<'_>, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else { return i8(op) };
    let operands = (&op.window, op.input, op.output);
    let work = work(&op.window, op.groups);
    by_rows(crew, work, operands, |window, input, output| {
        i8(&I8 {
            window,
            input,
            output,
            ..*op
        })
    })
}

fn check_sum(op: &I8<'_>) -> Result {
    let Some(sum) = op.sum else { return Ok(()) };
    sum.check()?;
    require(is_apart(op.input, op.output))
}

fn work(window: &Window, groups: usize) -> Work {
    let channels = window.input[2].checked_div(groups).unwrap_or(0);
    Work::products(window, channels, Isa::Baseline)
}

fn check_weights(window: &Window, groups: usize, len: usize) -> Result {
    let ([_, _, i], [_, _, o], [kh, kw]) = (window.input, window.output, window.kernel);
    let divides = groups > 0 && i.is_multiple_of(groups) && o.is_multiple_of(groups);
    let per_group = i.checked_div(groups).ok_or(ContractError)?;
    require(divides && product(&[o, kh, kw, per_group]) == Some(len))
}
