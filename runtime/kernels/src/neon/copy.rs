//! Copies of rows, which are too short for what calling `memcpy` costs.
#![allow(unsafe_code)] // Vector instructions; the function says what its caller promises.

use core::arch::aarch64::*;

use super::stream::{four, next};

/// Bytes of a register, and of four.
const REGISTER: usize = 16;
const FOUR: usize = 4 * REGISTER;

/// Copies so many elements.
///
/// # Safety
/// They are at `from` and have room at `to`, and the two do not overlap.
#[inline]
#[target_feature(enable = "neon")]
pub(crate) unsafe fn copy<T>(from: *const T, to: *mut T, count: usize) {
    let count = count * size_of::<T>();
    let (mut from, mut to) = (from.cast::<i8>(), to.cast_const().cast::<i8>());
    // SAFETY: the caller's promise.
    unsafe {
        if count < REGISTER {
            return from.copy_to_nonoverlapping(to.cast_mut(), count);
        }
        for _ in 0..count / FOUR {
            let [a, b, c, d] = four(&mut from);
            vst1q_s8_x4(next(&mut to, FOUR).cast_mut(), int8x16x4_t(a, b, c, d));
        }
        for _ in 0..count % FOUR / REGISTER {
            vst1q_s8(
                next(&mut to, REGISTER).cast_mut(),
                vld1q_s8(next(&mut from, REGISTER)),
            );
        }
        // What is left, with some of what was copied already.
        let rest = count % REGISTER;
        if rest > 0 {
            let [from, to] = [from, to].map(|it| it.wrapping_add(rest).wrapping_sub(REGISTER));
            vst1q_s8(to.cast_mut(), vld1q_s8(from));
        }
    }
}
