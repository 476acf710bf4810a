//! 2-D convolution where every output channel reads one input channel (ONNX `Conv` with as many groups as
//! input channels; TensorFlow Lite `DEPTHWISE_CONV_2D`).
//!
//! Shapes: input `[1, h, w, i]`, weights `[kh, kw, o]`, bias `[o]`, output `[1, oh, ow, o]` with `o` a
//! multiple of `i`; output channel `c` reads input channel `c / (o / i)`. Padded taps count as zero (as the
//! zero point in int8). The output may overlap the input as
//! [`Overlap::channelwise_window`](crate::Overlap::channelwise_window) says. Needs no scratch memory.

#[cfg(target_arch = "x86_64")]
mod avx2_f32;
#[cfg(target_arch = "x86_64")]
mod avx2_i8;
#[cfg(target_arch = "x86_64")]
mod avx2_square;
#[cfg(target_arch = "x86_64")]
mod avx512_f32;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_f32;
#[cfg(target_arch = "aarch64")]
mod neon_i8;
mod parts;
mod scalar;
#[cfg(test)]
mod tests;

pub use parts::{f32_in_parts, i8_in_parts};

use core::cell::Cell;

#[cfg(target_arch = "x86_64")]
use crate::avx2::are_finite;
use crate::requantize::{Multipliers, Quant};
use crate::{ContractError, Epilogue, Isa, Real, Result, Weight, Widen, Window, product, require};

/// Operands of a float depthwise convolution, with activations `X` and weights `W`.
#[derive(Clone, Copy)]
pub struct F32<'a, X = f32, W = f32> {
    /// Extents and window.
    pub window: Window,
    /// `[1, h, w, i]`.
    pub input: &'a [Cell<X>],
    /// `[kh, kw, o]`.
    pub weights: &'a [W],
    /// Scales, bias and fused activation.
    pub epilogue: Epilogue<'a>,
    /// `[1, oh, ow, o]`.
    pub output: &'a [Cell<X>],
}

/// Operands of an int8 depthwise convolution.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Extents and window.
    pub window: Window,
    /// `[1, h, w, i]`.
    pub input: &'a [Cell<i8>],
    /// `[kh, kw, o]`.
    pub weights: &'a [i8],
    /// `[o]`; none where all are zero.
    pub weight_zero_points: Option<&'a [i8]>,
    /// `[o]`, with scale `sx * sw[o]`.
    pub bias: Option<&'a [i32]>,
    /// `[o]`.
    pub multipliers: Multipliers<'a>,
    /// Zero points and fused activation.
    pub quant: Quant,
    /// `[1, oh, ow, o]`.
    pub output: &'a [Cell<i8>],
}

/// [`f32`] of activations in plain floats, with the instructions of `isa`: fused multiply-add where it has that.
///
/// # Errors
/// As [`f32`].
pub fn f32_by<W: Weight>(op: &F32<'_, f32, W>, isa: Isa) -> Result {
    check_f32(op)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx512()
            && avx512_f32::holds(&op.window) =>
        {
            avx512_f32::f32(op, token);
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && avx2_f32::holds(&op.window) =>
        {
            avx2_f32::f32(op, token);
        }
        #[cfg(target_arch = "aarch64")]
        _ if let Some(token) = isa.neon()
            && neon::holds(&op.window) =>
        {
            neon_f32::f32(op, token);
        }
        _ => scalar::f32(op),
    }
    Ok(())
}

/// [`i8`] with the instructions of `isa`.
///
/// # Errors
/// As [`i8`].
pub fn i8_by(op: &I8<'_>, isa: Isa) -> Result {
    check_i8(op)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if avx_vnni::i8(op, isa).is_some() => {}
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(token)
            if avx512_vnni::holds(&op.window)
                && op.weight_zero_points.is_none()
                && are_finite(&op.multipliers) =>
        {
            avx512_vnni::i8(op, token);
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && avx2_i8::holds(&op.window)
            && op.weight_zero_points.is_none()
            && are_finite(&op.multipliers) =>
        {
            avx2_i8::i8(op, token);
        }
        #[cfg(target_arch = "aarch64")]
        _ if let Some(token) = isa.neon()
            && neon_i8::holds(&op.window)
            && op.weight_zero_points.is_none() =>
        {
            neon_i8::i8(op, token);
        }
        _ => scalar::i8(op),
    }
    Ok(())
}

/// Depthwise convolution in f32, whatever activations and weights are stored as; taps are added row by row.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn f32<X: Real, W: Widen>(op: &F32<'_, X, W>) -> Result {
    check_f32(op)?;
    scalar::f32(op);
    Ok(())
}

/// Depthwise convolution in int8.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn i8(op: &I8<'_>) -> Result {
    check_i8(op)?;
    scalar::i8(op);
    Ok(())
}

fn check_f32<X, W>(op: &F32<'_, X, W>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    check_weights(&op.window, op.weights.len())?;
    op.epilogue.check(channels)
}

fn check_i8(op: &I8<'_>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    check_weights(&op.window, op.weights.len())?;
    op.window.check_per_channel(op.bias.map(<[i32]>::len))?;
    op.window
        .check_per_channel(op.weight_zero_points.map(<[i8]>::len))?;
    op.multipliers.check(channels)?;
    op.quant.check()
}

fn check_weights(window: &Window, len: usize) -> Result {
    let ([_, _, i], [_, _, o], [kh, kw]) = (window.input, window.output, window.kernel);
    require(o.checked_rem(i) == Some(0) && product(&[kh, kw, o]) == Some(len))
}

/// Output channels of one input channel.
fn channel_multiplier(window: &Window) -> core::result::Result<usize, ContractError> {
    let ([_, _, i], [_, _, o]) = (window.input, window.output);
    o.checked_div(i).ok_or(ContractError)
}
