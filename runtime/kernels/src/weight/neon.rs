//! Weights in registers of four floats, by NEON.
#![allow(unsafe_code)] // Vector instructions, and pointers that callers have measured.

use core::arch::aarch64::*;
use core::arch::asm;

use half::f16;

use crate::neon::stream::next;

/// Registers of whole blocks of 16 weights, and of half a block.
const BLOCK: usize = 4;
const HALF: usize = BLOCK / 2;

/// Weights that fill registers with floats.
pub trait Fours: Copy + Default {
    /// `PARTS * 4` neighbours, `PARTS` being 2 or 4; the pointer moves on by `stride`.
    ///
    /// # Safety
    /// The processor has NEON; so many weights are at `from`.
    unsafe fn load<const PARTS: usize>(
        from: &mut *const Self,
        stride: usize,
    ) -> [float32x4_t; PARTS];

    /// Three times eight neighbours, as by [`load`](Self::load).
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn load_three(from: &mut *const Self, stride: usize) -> [[float32x4_t; HALF]; 3] {
        // SAFETY: the caller's promise.
        [(); 3].map(|()| unsafe { Self::load(from, stride) })
    }
}

impl Fours for f32 {
    /// By one instruction, in the order of the program.
    #[inline(always)]
    unsafe fn load<const PARTS: usize>(
        from: &mut *const f32,
        stride: usize,
    ) -> [float32x4_t; PARTS] {
        let stride = stride * size_of::<f32>();
        let (a, b, c, d);
        // SAFETY: the caller's promise.
        unsafe {
            if PARTS == HALF {
                asm!(
                    "ld1 {{v0.4s, v1.4s}}, [{from}], {stride}",
                    from = inout(reg) *from, stride = in(reg) stride,
                    out("v0") a, out("v1") b,
                    options(readonly, nostack, preserves_flags),
                );
                (c, d) = (a, b);
            } else {
                asm!(
                    "ld1 {{v0.4s, v1.4s, v2.4s, v3.4s}}, [{from}], {stride}",
                    from = inout(reg) *from, stride = in(reg) stride,
                    out("v0") a, out("v1") b, out("v2") c, out("v3") d,
                    options(readonly, nostack, preserves_flags),
                );
            }
        }
        let block: [float32x4_t; BLOCK] = [a, b, c, d];
        core::array::from_fn(|part| block[part % BLOCK])
    }

    #[inline(always)]
    unsafe fn load_three(from: &mut *const f32, stride: usize) -> [[float32x4_t; HALF]; 3] {
        let stride = stride * size_of::<f32>();
        let (a, b, c, d, e, f);
        // SAFETY: the caller's promise.
        unsafe {
            asm!(
                "ld1 {{v2.4s, v3.4s}}, [{from}], {stride}",
                "ld1 {{v4.4s, v5.4s}}, [{from}], {stride}",
                "ld1 {{v6.4s, v7.4s}}, [{from}], {stride}",
                from = inout(reg) *from, stride = in(reg) stride,
                out("v2") a, out("v3") b, out("v4") c, out("v5") d, out("v6") e, out("v7") f,
                options(readonly, nostack, preserves_flags),
            );
        }
        [[a, b], [c, d], [e, f]]
    }
}

impl Fours for f16 {
    #[inline(always)]
    unsafe fn load<const PARTS: usize>(
        from: &mut *const f16,
        stride: usize,
    ) -> [float32x4_t; PARTS] {
        let from = next(from, stride).cast::<u16>();
        core::array::from_fn(|part| {
            // SAFETY: the caller's promise; halves of 16 bits each, of which both parts of eight read the same.
            unsafe {
                let eight = vreinterpretq_f16_u16(vld1q_u16(from.add(part / 2 * 8)));
                match part % 2 {
                    0 => vcvt_f32_f16(vget_low_f16(eight)),
                    _ => vcvt_high_f32_f16(eight),
                }
            }
        })
    }
}

impl Fours for i8 {
    #[inline(always)]
    unsafe fn load<const PARTS: usize>(
        from: &mut *const i8,
        stride: usize,
    ) -> [float32x4_t; PARTS] {
        let from = next(from, stride);
        core::array::from_fn(|part| {
            // SAFETY: the caller's promise; both parts of eight read the same.
            unsafe {
                let eight = vmovl_s8(vld1_s8(from.add(part / 2 * 8)));
                vcvtq_f32_s32(match part % 2 {
                    0 => vmovl_s16(vget_low_s16(eight)),
                    _ => vmovl_high_s16(eight),
                })
            }
        })
    }
}
