//! Weights in registers of four floats, by NEON.
#![allow(unsafe_code)] // Vector instructions, and pointers that callers have measured.

use core::arch::aarch64::*;

use half::f16;

/// Registers of whole blocks of 16 weights, and of half a block.
const BLOCK: usize = 4;
const HALF: usize = BLOCK / 2;

/// Weights that fill registers with floats.
pub trait Fours: Copy + Default {
    /// `PARTS * 4` neighbours, `PARTS` being 2 or 4.
    ///
    /// # Safety
    /// The processor has NEON; so many weights are at `from`.
    unsafe fn load<const PARTS: usize>(from: *const Self) -> [float32x4_t; PARTS];
}

impl Fours for f32 {
    /// By one instruction.
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load<const PARTS: usize>(from: *const f32) -> [float32x4_t; PARTS] {
        // SAFETY: the caller's promise.
        unsafe {
            if PARTS == HALF {
                let float32x4x2_t(a, b) = vld1q_f32_x2(from);
                let half = [a, b];
                core::array::from_fn(|part| half[part % HALF])
            } else {
                let float32x4x4_t(a, b, c, d) = vld1q_f32_x4(from);
                let block = [a, b, c, d];
                core::array::from_fn(|part| block[part % BLOCK])
            }
        }
    }
}

impl Fours for f16 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load<const PARTS: usize>(from: *const f16) -> [float32x4_t; PARTS] {
        core::array::from_fn(|part| {
            // SAFETY: the caller's promise; halves of 16 bits each, of which both parts of eight read the same.
            let eight = unsafe { vld1q_u16(from.cast::<u16>().add(part / 2 * 8)) };
            let eight = vreinterpretq_f16_u16(eight);
            match part % 2 {
                0 => vcvt_f32_f16(vget_low_f16(eight)),
                _ => vcvt_high_f32_f16(eight),
            }
        })
    }
}

impl Fours for i8 {
    #[inline]
    #[target_feature(enable = "neon")]
    unsafe fn load<const PARTS: usize>(from: *const i8) -> [float32x4_t; PARTS] {
        core::array::from_fn(|part| {
            // SAFETY: the caller's promise; both parts of eight read the same.
            let eight = vmovl_s8(unsafe { vld1_s8(from.add(part / 2 * 8)) });
            vcvtq_f32_s32(match part % 2 {
                0 => vmovl_s16(vget_low_s16(eight)),
                _ => vmovl_high_s16(eight),
            })
        })
    }
}
