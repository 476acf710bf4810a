//! NEON with dot products: four depths of four channels by an instruction.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::arch::asm;

use super::I8;
use super::neon_blocks::{Block, PARTS, Product, REGISTER, run};
use super::patch::Patch;
use crate::NeonDot;
use crate::blocked::{CHANNELS, LANE};
use crate::neon::stream::{four, next, starts};

pub(super) fn i8(op: &I8<'_>, _: NeonDot) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { run(op, Dot) }
}

/// The processor has dot products where there is one.
pub(super) struct Dot;

impl Product for Dot {
    /// Four registers of sums each, with one of elements, and four of weights.
    const ROWS: usize = 5;
    type Start = Block;

    #[inline(always)]
    fn start(&self, bias: Block) -> Block {
        bias
    }

    #[inline(always)]
    fn weight_sums(&mut self, block: &[i8]) -> Block {
        // SAFETY: a layer runs only where the processor has dot products.
        unsafe {
            let mut sums = [vdupq_n_s32(0); PARTS];
            for lane in block.as_chunks::<{ CHANNELS * LANE }>().0 {
                add_weights(&mut sums, four(&mut lane.as_ptr()));
            }
            sums
        }
    }

    #[inline(always)]
    unsafe fn sums<const ROWS: usize>(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        start: &Block,
    ) -> [Block; ROWS] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = starts::<ROWS>([start.as_ptr(); 2]);
            add_all(&mut sums, patch, weights, |_| {});
            sums
        }
    }

    #[inline(always)]
    unsafe fn alone(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        has_zero_point: bool,
    ) -> [Block; 2] {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [[vdupq_n_s32(0); PARTS]];
            let [mut weight_sums] = sums;
            if has_zero_point {
                add_all(&mut sums, patch, weights, |w| {
                    add_weights(&mut weight_sums, w);
                });
            } else {
                add_all(&mut sums, patch, weights, |_| {});
            }
            [sums[0], weight_sums]
        }
    }
}

/// Adds the sums of rows with a block; calls `each` with each lane of its weights.
///
/// # Safety
/// As [`Product::sums`].
#[inline(always)]
unsafe fn add_all<const ROWS: usize>(
    sums: &mut [Block; ROWS],
    patch: Patch<'_, i8>,
    weights: *const i8,
    mut each: impl FnMut([int8x16_t; PARTS]),
) {
    let mut weights = weights;
    // SAFETY: the caller's promise.
    unsafe {
        let mut lane = || {
            let lane = four(&mut weights);
            each(lane);
            lane
        };
        for (_, run) in patch.runs {
            let mut rows: [*const i8; ROWS] = patch.rows(*run, ROWS);
            let lanes = patch.length.div_ceil(LANE);
            for _ in 0..lanes / (REGISTER / LANE) {
                let x = rows.each_mut().map(|row| vld1q_s8(next(row, REGISTER)));
                add::<0, ROWS>(sums, x, lane());
                add::<1, ROWS>(sums, x, lane());
                add::<2, ROWS>(sums, x, lane());
                add::<3, ROWS>(sums, x, lane());
            }
            if lanes & 2 != 0 {
                let x = rows.each_mut().map(|row| vld1_s8(next(row, 2 * LANE)));
                let x = x.map(|it| vcombine_s8(it, it));
                add::<0, ROWS>(sums, x, lane());
                add::<1, ROWS>(sums, x, lane());
            }
            if lanes & 1 != 0 {
                let x = rows.map(|row| vreinterpretq_s8_s32(vld1q_dup_s32(row.cast())));
                add::<0, ROWS>(sums, x, lane());
            }
        }
    }
}

/// Adds products of lane `LANE` of each row's elements with a lane of a block.
///
/// # Safety
/// The processor has dot products.
#[inline(always)]
unsafe fn add<const LANE: usize, const ROWS: usize>(
    sums: &mut [Block; ROWS],
    x: [int8x16_t; ROWS],
    weights: [int8x16_t; PARTS],
) {
    for (sums, x) in sums.iter_mut().zip(x) {
        for (sum, w) in sums.iter_mut().zip(weights) {
            // SAFETY: the caller's promise.
            *sum = unsafe { dot::<LANE>(*sum, w, x) };
        }
    }
}

/// Adds up the weights of a lane of a block.
///
/// # Safety
/// The processor has dot products.
#[inline(always)]
unsafe fn add_weights(sums: &mut Block, weights: [int8x16_t; PARTS]) {
    for (sum, w) in sums.iter_mut().zip(weights) {
        // SAFETY: the caller's promise.
        *sum = unsafe { dot::<0>(*sum, w, vdupq_n_s8(1)) };
    }
}

/// `sums + w * x`: four products for each lane, with lane `LANE` of `x`.
///
/// # Safety
/// The processor has dot products.
#[inline(always)]
unsafe fn dot<const LANE: usize>(mut sums: int32x4_t, w: int8x16_t, x: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers, which the processor has.
    unsafe {
        asm!(
            ".arch_extension dotprod",
            "sdot {sums:v}.4s, {w:v}.16b, {x:v}.4b[{lane}]",
            sums = inout(vreg) sums, w = in(vreg) w, x = in(vreg) x, lane = const LANE,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}
