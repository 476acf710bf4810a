//! What the NEON files share: from sums to outputs.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::aarch64::*;

mod copy;
mod floats;
mod integers;
pub(crate) mod stream;

pub(crate) use copy::copy;
pub(crate) use floats::FinishF32;
pub(crate) use integers::{Clamp, Fixed, Rows, Scale};

/// Lanes of 32 bits in a register.
pub(crate) const LANES: usize = 4;

/// `N` registers of a slice from `first` on, filled up with zeros.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn some_f32<const N: usize>(values: &[f32], first: usize) -> [float32x4_t; N] {
    let rest = values.get(first..).unwrap_or_default();
    if rest.len() >= N * LANES {
        // SAFETY: so many floats are there.
        return core::array::from_fn(|part| unsafe { vld1q_f32(rest.as_ptr().add(part * LANES)) });
    }
    let mut filled = [[0.0; LANES]; N];
    for (place, value) in filled.as_flattened_mut().iter_mut().zip(rest) {
        *place = *value;
    }
    // SAFETY: four floats are read from four.
    filled.map(|four| unsafe { vld1q_f32(four.as_ptr()) })
}

/// As [`some_f32`].
#[inline]
#[target_feature(enable = "neon")]
pub(crate) fn some_i32<const N: usize>(values: &[i32], first: usize) -> [int32x4_t; N] {
    some_f32(bytemuck::cast_slice(values), first).map(|it| vreinterpretq_s32_f32(it))
}
