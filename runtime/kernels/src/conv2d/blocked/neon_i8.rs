//! NEON in int8: products of 16 bits, of two lanes of a block where their sums fit, added up in pairs.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::arch::asm;

use super::I8;
use super::neon_blocks::{Block, PARTS, Product, run};
use super::patch::Patch;
use crate::Neon;
use crate::blocked::{CHANNELS, LANE};
use crate::neon::stream::{four, next, starts_of_eight, two_fours};

pub(super) fn i8(op: &I8<'_>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { run(op, Pairs { is_narrow: true }) }
}

/// Sums of a block: two of each channel, side by side.
type Sums = [int32x4_t; 2 * PARTS];

struct Pairs {
    /// Whether two products of bytes fit 16 bits: no weight is -128.
    is_narrow: bool,
}

impl Product for Pairs {
    /// Eight registers of sums each.
    const ROWS: usize = 2;
    type Start = Sums;

    #[inline(always)]
    fn start(&self, bias: Block) -> Sums {
        // SAFETY: a layer runs only where the processor has NEON.
        unsafe {
            let zero = vdupq_n_s32(0);
            core::array::from_fn(|two| match two % 2 {
                0 => vzip1q_s32(bias[two / 2], zero),
                _ => vzip2q_s32(bias[two / 2], zero),
            })
        }
    }

    #[inline(always)]
    fn weight_sums(&mut self, block: &[i8]) -> Block {
        // SAFETY: a layer runs only where the processor has NEON.
        unsafe {
            let mut sums = [vdupq_n_s32(0); PARTS];
            let mut least = vdupq_n_s8(0);
            for lane in block.as_chunks::<{ CHANNELS * LANE }>().0 {
                for (sum, w) in sums.iter_mut().zip(four(&mut lane.as_ptr())) {
                    *sum = vpadalq_s16(*sum, vpaddlq_s8(w));
                    least = vminq_s8(least, w);
                }
            }
            self.is_narrow &= vminvq_s8(least) > i8::MIN;
            sums
        }
    }

    #[inline(always)]
    unsafe fn sums<const ROWS: usize>(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        start: &Sums,
    ) -> [Block; ROWS] {
        let mut weights = weights;
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = starts_of_eight::<ROWS>(start);
            for (_, run) in patch.runs {
                let mut rows: [*const i8; ROWS] = patch.rows(*run, ROWS);
                let mut lanes = patch.length.div_ceil(LANE);
                if self.is_narrow {
                    for _ in 0..lanes / 2 {
                        let x = rows.each_mut().map(|row| two_lanes(row));
                        let w = two_fours(&mut weights);
                        for (sums, x) in sums.iter_mut().zip(x) {
                            add_two(sums, x, w);
                        }
                    }
                    lanes %= 2;
                }
                for _ in 0..lanes {
                    let x = rows.each_mut().map(|row| one_lane(row));
                    let w = four(&mut weights);
                    for (sums, x) in sums.iter_mut().zip(x) {
                        add_one(sums, x, w);
                    }
                }
            }
            sums.map(|sums| of_channels(sums))
        }
    }

    /// By narrow sums; a block that turns out to have weights of -128 is done again.
    #[inline(always)]
    unsafe fn alone(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        _has_zero_point: bool,
    ) -> [Block; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let zero = vdupq_n_s32(0);
            let (mut sums, mut weight_sums) = ([zero; 2 * PARTS], [zero; PARTS]);
            let mut least = vdupq_n_s8(0);
            let mut at = weights;
            for (_, run) in patch.runs {
                let mut row = run.wrapping_add(patch.first);
                let lanes = patch.length.div_ceil(LANE);
                for _ in 0..lanes / 2 {
                    let w = two_fours(&mut at);
                    add_two(&mut sums, two_lanes(&mut row), w);
                    for (part, sum) in weight_sums.iter_mut().enumerate() {
                        let [a, b] = [w[0][part], w[1][part]];
                        *sum = vpadalq_s16(*sum, vpadalq_s8(vpaddlq_s8(a), b));
                        least = vminq_s8(least, vminq_s8(a, b));
                    }
                }
                if !lanes.is_multiple_of(2) {
                    let w = four(&mut at);
                    add_one(&mut sums, one_lane(&mut row), w);
                    for (sum, w) in weight_sums.iter_mut().zip(w) {
                        *sum = vpadalq_s16(*sum, vpaddlq_s8(w));
                    }
                }
            }
            if vminvq_s8(least) > i8::MIN {
                return [of_channels(sums), weight_sums];
            }
            let wide = Pairs { is_narrow: false };
            let [sums] = wide.sums(patch, weights, &[zero; 2 * PARTS]);
            [sums, weight_sums]
        }
    }
}

/// Four elements, four times, and the next four.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn two_lanes(row: &mut *const i8) -> [int8x16_t; 2] {
    // SAFETY: the caller's promise.
    let int32x4x2_t(a, b) = unsafe { vld2q_dup_s32(next(row, 2 * LANE).cast()) };
    [a, b].map(|it| vreinterpretq_s8_s32(it))
}

/// Four elements, four times.
///
/// # Safety
/// They are there.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn one_lane(row: &mut *const i8) -> int8x16_t {
    // SAFETY: the caller's promise.
    vreinterpretq_s8_s32(unsafe { vld1q_dup_s32(next(row, LANE).cast()) })
}

/// Adds products of two lanes, whose weights are no -128.
#[inline]
#[target_feature(enable = "neon")]
fn add_two(sums: &mut Sums, x: [int8x16_t; 2], w: [[int8x16_t; PARTS]; 2]) {
    for part in 0..PARTS {
        let [low, high] = [sums[2 * part], sums[2 * part + 1]];
        // SAFETY: the function's feature.
        let both = unsafe { add_part([low, high], x, w.map(|it| it[part])) };
        [sums[2 * part], sums[2 * part + 1]] = both;
    }
}

/// Adds products of two lanes with those of four channels. In one piece: the compiler would keep so many products at once
/// that sums would have to make room for them.
///
/// # Safety
/// The processor has NEON.
#[inline(always)]
unsafe fn add_part(
    [mut low, mut high]: [int32x4_t; 2],
    [x, next]: [int8x16_t; 2],
    [a, b]: [int8x16_t; 2],
) -> [int32x4_t; 2] {
    // SAFETY: instructions on registers.
    unsafe {
        asm!(
            "smull {p:v}.8h, {a:v}.8b, {x:v}.8b",
            "smull2 {q:v}.8h, {a:v}.16b, {x:v}.16b",
            "smlal {p:v}.8h, {b:v}.8b, {next:v}.8b",
            "smlal2 {q:v}.8h, {b:v}.16b, {next:v}.16b",
            "sadalp {low:v}.4s, {p:v}.8h",
            "sadalp {high:v}.4s, {q:v}.8h",
            low = inout(vreg) low, high = inout(vreg) high,
            p = out(vreg) _, q = out(vreg) _,
            a = in(vreg) a, b = in(vreg) b, x = in(vreg) x, next = in(vreg) next,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    [low, high]
}

/// Adds products of a lane.
#[inline]
#[target_feature(enable = "neon")]
fn add_one(sums: &mut Sums, x: int8x16_t, w: [int8x16_t; PARTS]) {
    for (part, w) in w.into_iter().enumerate() {
        let low = vmull_s8(vget_low_s8(w), vget_low_s8(x));
        sums[2 * part] = vpadalq_s16(sums[2 * part], low);
        sums[2 * part + 1] = vpadalq_s16(sums[2 * part + 1], vmull_high_s8(w, x));
    }
}

/// One sum of each channel.
#[inline]
#[target_feature(enable = "neon")]
fn of_channels(sums: Sums) -> Block {
    core::array::from_fn(|part| {
        let sum;
        // SAFETY: an instruction on registers. The compiler would make three of it.
        unsafe {
            asm!(
                "addp {sum:v}.4s, {low:v}.4s, {high:v}.4s",
                sum = lateout(vreg) sum, low = in(vreg) sums[2 * part], high = in(vreg) sums[2 * part + 1],
                options(pure, nomem, nostack, preserves_flags),
            );
        }
        sum
    })
}
