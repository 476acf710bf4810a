//! Convolution without groups on weights in blocks ([`crate::blocked`]), the depth being `kh * kw * i`; a fully connected layer is
//! one with a window of one pixel. The contract is that of [`conv2d`](super) but for the layout; int8 takes weights
//! with zero points of 0 only.

#[cfg(target_arch = "x86_64")]
mod avx2_f32;
#[cfg(target_arch = "x86_64")]
mod avx2_i8;
#[cfg(target_arch = "x86_64")]
mod avx2_transforms;
#[cfg(target_arch = "x86_64")]
mod avx2_vector;
#[cfg(target_arch = "x86_64")]
mod avx2_winograd;
#[cfg(target_arch = "x86_64")]
mod avx512_f32;
#[cfg(target_arch = "x86_64")]
mod avx512_vnni;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
#[cfg(target_arch = "x86_64")]
mod block;
#[cfg(target_arch = "aarch64")]
mod neon_blocks;
#[cfg(target_arch = "aarch64")]
mod neon_dot;
#[cfg(target_arch = "aarch64")]
mod neon_f32;
#[cfg(target_arch = "aarch64")]
mod neon_i8;
#[cfg(target_arch = "aarch64")]
mod neon_i8mm;
mod parts;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod patch;
#[cfg(target_arch = "x86_64")]
mod pixels;
mod scalar;
#[cfg(test)]
mod tests;

pub use parts::{f32_in_parts, i8_in_parts, i8_pairs_in_parts};

use super::{F32, I8, check_sum};
#[cfg(target_arch = "x86_64")]
use crate::avx2::are_finite;
use crate::blocked::{f32_len, i8_index, i8_len, pairs_index, pairs_len, runs};
use crate::overlap::is_apart;
#[cfg(target_arch = "x86_64")]
use crate::rows::{fits, flattened};
use crate::{ContractError, Isa, Result, Weight, Window, product, require};

/// Convolution in f32, whatever weights are stored as. The vector files add products with fused multiply-add and keep the order of the scalar file,
/// however many pixels there are.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32<W: Weight>(op: &F32<'_, f32, W>, isa: Isa) -> Result {
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
            && avx2_vector::holds(&op.window) =>
        {
            avx2_vector::f32(op, token);
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && fits(&flattened(&op.window), avx2_f32::SCRATCH) =>
        {
            avx2_f32::f32(op, token);
        }
        #[cfg(target_arch = "aarch64")]
        _ if let Some(token) = isa.neon()
            && patch::holds(&op.window, 1) =>
        {
            neon_f32::f32(op, token);
        }
        _ => scalar::f32(op),
    }
    Ok(())
}

/// Convolution in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn i8(op: &I8<'_>, isa: Isa) -> Result {
    let depth = check_i8(op)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if avx_vnni::i8(op, isa).is_some() => {}
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni(token) if is_finite(op) && avx512_vnni::holds(&op.window) => {
            avx512_vnni::i8(op, token);
        }
        #[cfg(target_arch = "aarch64")]
        Isa::Neon(token) if neon_blocks::holds(&op.window) => neon_i8::i8(op, token),
        #[cfg(target_arch = "aarch64")]
        Isa::NeonDot(token) if neon_blocks::holds(&op.window) => neon_dot::i8(op, token),
        #[cfg(target_arch = "aarch64")]
        Isa::NeonI8mm(token) if neon_blocks::holds(&op.window) => neon_i8mm::i8(op, token),
        _ => scalar::i8(op, |output, k| i8_index(output, k, depth)),
    }
    Ok(())
}

/// Convolution in int8, on weights in pairs.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn i8_pairs(op: &I8<'_>, isa: Isa) -> Result {
    let runs = check_pairs(op)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && op.sum.is_none()
            && avx2_vector::holds(&op.window)
            && is_finite(op) =>
        {
            avx2_vector::i8(op, token);
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && let Some(band) = avx2_winograd::band(&op.window)
            && is_finite(op) =>
        {
            avx2_winograd::i8(op, band, token);
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && fits(&flattened(&op.window), avx2_i8::SCRATCH)
            && is_finite(op) =>
        {
            avx2_i8::i8(op, token);
        }
        _ => scalar::i8(op, |output, k| pairs_index(output, k, runs)),
    }
    Ok(())
}

/// Whether the files that ask for finite multipliers may do the step.
#[cfg(target_arch = "x86_64")]
fn is_finite(op: &I8<'_>) -> bool {
    are_finite(&op.multipliers) && op.sum.is_none_or(|sum| sum.is_finite())
}

fn check_f32<W>(op: &F32<'_, f32, W>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    let depth = depth(&op.window);
    require(
        op.groups == 1
            && depth.and_then(|depth| f32_len(channels, depth)) == Some(op.weights.len()),
    )?;
    require(op.sum.is_none() || is_apart(op.input, op.output))?;
    op.epilogue.check(channels)
}

/// Gives the depth.
fn check_i8(op: &I8<'_>) -> core::result::Result<usize, ContractError> {
    let depth = depth(&op.window).ok_or(ContractError)?;
    check_integers(op, i8_len(op.window.output[2], depth))?;
    Ok(depth)
}

/// Gives the runs.
fn check_pairs(op: &I8<'_>) -> core::result::Result<[usize; 2], ContractError> {
    depth(&op.window).ok_or(ContractError)?;
    let runs = runs(op.window.kernel, op.window.dilation, op.window.input[2]);
    check_integers(op, pairs_len(op.window.output[2], runs))?;
    Ok(runs)
}

fn check_integers(op: &I8<'_>, weights: Option<usize>) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    let has_zero_points = op.weight_zero_points.is_some();
    require(op.groups == 1 && !has_zero_points && weights == Some(op.weights.len()))?;
    op.window.check_per_channel(op.bias.map(<[i32]>::len))?;
    op.multipliers.check(channels)?;
    check_sum(op)?;
    op.quant.check()
}

/// Products for each output element.
fn depth(window: &Window) -> Option<usize> {
    let ([_, _, inputs], [kh, kw]) = (window.input, window.kernel);
    product(&[kh, kw, inputs])
}
