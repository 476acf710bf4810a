//! Convolution without groups on weights in blocks ([`crate::blocked`]), the depth being `kh * kw * i`; a fully connected layer is
//! one with a window of one pixel. The contract is that of [`conv2d`](super) but for the layout; int8 takes weights
//! with zero points of 0 only.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod patch;
mod scalar;
#[cfg(test)]
mod tests;

use super::{F32, I8};
use crate::blocked::{f32_len, i8_len};
use crate::{Isa, Result, Window, product, require};

/// Convolution in f32. The vector files add products with fused multiply-add and keep the order of the scalar file
/// but where one pixel is alone: then four sums are kept.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(op: &F32<'_>, isa: Isa) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    let depth = depth(&op.window);
    require(
        op.groups == 1
            && depth.and_then(|depth| f32_len(channels, depth)) == Some(op.weights.len()),
    )?;
    op.epilogue.check(channels)?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(token) if avx2::holds(&op.window) => avx2::f32(op, token),
        _ => scalar::f32(op),
    }
    Ok(())
}

/// Convolution in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn i8(op: &I8<'_>, isa: Isa) -> Result {
    let [_, _, channels] = op.window.output;
    op.window.check(op.input.len(), op.output.len())?;
    let depth = depth(&op.window);
    let has_zero_points = op.weight_zero_points.is_some();
    require(op.groups == 1 && !has_zero_points)?;
    require(depth.and_then(|depth| i8_len(channels, depth)) == Some(op.weights.len()))?;
    op.window.check_per_channel(op.bias.map(<[i32]>::len))?;
    op.multipliers.check(channels)?;
    op.quant.check()?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2(token) if avx2::holds(&op.window) => avx2::i8(op, token),
        _ => scalar::i8(op),
    }
    Ok(())
}

/// Products for each output element.
fn depth(window: &Window) -> Option<usize> {
    let ([_, _, inputs], [kh, kw]) = (window.input, window.kernel);
    product(&[kh, kw, inputs])
}
