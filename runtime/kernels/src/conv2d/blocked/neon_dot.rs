//! NEON with dot products: as [`neon_i8`](super::neon_i8), four depths of 16 channels by four instructions.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::arch::asm;

use super::I8;
use super::neon_i8::{Biases, PARTS, bias, finish, input, load, weights};
use super::patch::{Patch, for_each_patch};
use crate::NeonDot;
use crate::blocked::{CHANNELS, LANE};

/// Pixels of a tile at the most: four registers of sums each, with one of elements, and four of weights.
const ROWS: usize = 5;
/// Elements in a register.
const REGISTER: usize = 16;

pub(super) fn i8(op: &I8<'_>, _: NeonDot) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// As [`for_each_patch`], and the processor has dot products.
#[target_feature(enable = "neon,dotprod")]
unsafe fn all(op: &I8<'_>) {
    let mut biases = Biases::NONE;
    let [height, width, _] = op.window.output;
    if height * width > 1 {
        biases.fill(op, |weights| weight_sums(weights));
    }
    // SAFETY: the caller's promise; `count` rows lie in the patch, and one pixel alone needs no biases.
    unsafe {
        let input = input(op);
        for_each_patch(&input, op.output, ROWS, |patch, first, count| match count {
            1 if height * width == 1 => alone(op, patch),
            1 => tile::<1>(op, &biases, patch, first),
            2 => tile::<2>(op, &biases, patch, first),
            3 => tile::<3>(op, &biases, patch, first),
            4 => tile::<4>(op, &biases, patch, first),
            _ => tile::<5>(op, &biases, patch, first),
        });
    }
}

/// Sums of a block's weights, for each channel.
#[inline]
#[target_feature(enable = "neon,dotprod")]
pub(super) fn weight_sums(block: &[i8]) -> [int32x4_t; PARTS] {
    let mut sums = [vdupq_n_s32(0); PARTS];
    let ones = vdupq_n_s8(1);
    for lane in block.as_chunks::<{ CHANNELS * LANE }>().0 {
        // SAFETY: as many bytes are there, and the function's feature.
        unsafe {
            for (sum, w) in sums.iter_mut().zip(load(lane.as_ptr())) {
                *sum = dot::<0>(*sum, w, ones);
            }
        }
    }
    sums
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

/// All channels of the only pixel. The sums of weights are added up on the way.
///
/// # Safety
/// As [`all`].
#[target_feature(enable = "neon,dotprod")]
unsafe fn alone(op: &I8<'_>, patch: Patch<'_, i8>) {
    let zero = vdupq_n_s32(0);
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            let weights = weights(op, patch, channel);
            let start = [zero; PARTS];
            let (sums, weight_sums) = match op.quant.input_zero_point {
                0 => (product::<1, false>(patch, weights, start).0, start),
                _ => product::<1, true>(patch, weights, start),
            };
            let bias = bias(op, channel, weight_sums);
            let sums = sums.map(|it| core::array::from_fn(|part| vaddq_s32(it[part], bias[part])));
            finish(op, sums, 0, channel);
        }
    }
}

/// All channels of `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`all`]; the biases are filled, and the patch has `ROWS` rows.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn tile<const ROWS: usize>(
    op: &I8<'_>,
    biases: &Biases,
    patch: Patch<'_, i8>,
    first: usize,
) {
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            let weights = weights(op, patch, channel);
            let (sums, _) = product::<ROWS, false>(patch, weights, biases.of(channel));
            finish(op, sums, first, channel);
        }
    }
}

/// `start` and the sums of `ROWS` rows with a block; and, where `SUMS`, the sums of its weights.
///
/// # Safety
/// The processor has dot products; the patch has `ROWS` rows, and a block lies at `weights`.
#[inline(always)]
unsafe fn product<const ROWS: usize, const SUMS: bool>(
    patch: Patch<'_, i8>,
    weights: *const i8,
    start: [int32x4_t; PARTS],
) -> ([[int32x4_t; PARTS]; ROWS], [int32x4_t; PARTS]) {
    let mut weights = weights;
    // SAFETY: the caller's promise.
    unsafe {
        let mut sums = Sums::<ROWS, SUMS> {
            products: [start; ROWS],
            weights: [vdupq_n_s32(0); PARTS],
        };
        for (_, run) in patch.runs {
            let mut rows: [*const i8; ROWS] = patch.rows(*run, ROWS);
            for _ in 0..patch.length / REGISTER {
                let x = rows.map(|row| vld1q_s8(row));
                rows = rows.map(|row| row.add(REGISTER));
                sums.add::<0>(x, weights);
                sums.add::<1>(x, weights.add(CHANNELS * LANE));
                sums.add::<2>(x, weights.add(2 * CHANNELS * LANE));
                sums.add::<3>(x, weights.add(3 * CHANNELS * LANE));
                weights = weights.add(4 * CHANNELS * LANE);
            }
            for _ in 0..(patch.length % REGISTER).div_ceil(LANE) {
                let x = rows.map(|row| vreinterpretq_s8_s32(vld1q_dup_s32(row.cast())));
                rows = rows.map(|row| row.add(LANE));
                sums.add::<0>(x, weights);
                weights = weights.add(CHANNELS * LANE);
            }
        }
        (sums.products, sums.weights)
    }
}

struct Sums<const ROWS: usize, const SUMS: bool> {
    products: [[int32x4_t; PARTS]; ROWS],
    weights: [int32x4_t; PARTS],
}

impl<const ROWS: usize, const SUMS: bool> Sums<ROWS, SUMS> {
    /// Adds products of lane `LANE` of each row's elements with a lane of a block.
    ///
    /// # Safety
    /// The processor has dot products, and the lane lies at `weights`.
    #[inline(always)]
    unsafe fn add<const LANE: usize>(&mut self, x: [int8x16_t; ROWS], weights: *const i8) {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = load(weights);
            for (sums, x) in self.products.iter_mut().zip(x) {
                for (sum, w) in sums.iter_mut().zip(weights) {
                    *sum = dot::<LANE>(*sum, w, x);
                }
            }
            if SUMS {
                for (sum, w) in self.weights.iter_mut().zip(weights) {
                    *sum = dot::<0>(*sum, w, vdupq_n_s8(1));
                }
            }
        }
    }
}
