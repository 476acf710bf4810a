//! NEON with matrix products of int8: as [`neon_i8`](super::neon_i8), eight depths of two channels and two pixels by one
//! instruction.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::arch::asm;

use super::neon_dot::{self, weight_sums};
use super::neon_i8::{Biases, PARTS, finish, input, load, weights};
use super::patch::{Patch, for_each_patch};
use super::{I8, depth};
use crate::NeonI8mm;
use crate::blocked::{CHANNELS, LANE, runs};

/// Pixels of a tile at the most, two with eight registers of sums.
const ROWS: usize = 2 * MAX_PAIRS;
const MAX_PAIRS: usize = 2;
/// Elements in a register.
const REGISTER: usize = 16;

/// Depths from which on matrix products take fewer instructions than dot products, for all that sorting weights and
/// sums takes.
const MIN_DEPTH: usize = 65;

pub(super) fn i8(op: &I8<'_>, token: NeonI8mm) {
    let window = &op.window;
    let [height, width, _] = window.output;
    let [_, length] = runs(window.kernel, window.dilation, window.input[2]);
    let is_deep = depth(window).is_some_and(|depth| depth >= MIN_DEPTH);
    if height * width == 1 || !length.is_multiple_of(REGISTER) || !is_deep {
        return neon_dot::i8(op, token.dot());
    }
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// As [`for_each_patch`], and the processor has dot products and matrix products; runs are whole registers.
#[target_feature(enable = "neon,dotprod,i8mm")]
unsafe fn all(op: &I8<'_>) {
    let mut biases = Biases::NONE;
    biases.fill(op, |weights| weight_sums(weights));
    // SAFETY: the caller's promise; `count` rows lie in the patch.
    unsafe {
        let input = input(op);
        for_each_patch(&input, op.output, ROWS, |patch, first, count| match count {
            1 => tile::<1, 1>(op, &biases, patch, first),
            2 => tile::<2, 1>(op, &biases, patch, first),
            3 => tile::<3, 2>(op, &biases, patch, first),
            _ => tile::<4, 2>(op, &biases, patch, first),
        });
    }
}

/// `sums + a * b`, where `sums` is `[2, 2]`, and `a` and `b` are `[2, 8]`, `b` transposed.
///
/// # Safety
/// The processor has matrix products.
#[inline(always)]
unsafe fn multiply(mut sums: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: an instruction on registers, which the processor has.
    unsafe {
        asm!(
            ".arch_extension i8mm",
            "smmla {sums:v}.4s, {a:v}.16b, {b:v}.16b",
            sums = inout(vreg) sums, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

/// All channels of `ROWS` pixels from `first` on, which are `PAIRS` pairs, the last one of a pixel and itself where
/// `ROWS` is odd.
///
/// # Safety
/// As [`all`]; the biases are filled, and the patch has `ROWS` rows.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn tile<const ROWS: usize, const PAIRS: usize>(
    op: &I8<'_>,
    biases: &Biases,
    patch: Patch<'_, i8>,
    first: usize,
) {
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            let weights = weights(op, patch, channel);
            let sums = product::<ROWS, PAIRS>(patch, weights, biases.of(channel));
            let sums: [[int32x4_t; PARTS]; ROWS] = core::array::from_fn(|row| {
                let sums = &sums[row / 2];
                core::array::from_fn(|part| {
                    let low = vreinterpretq_s64_s32(sums[2 * part]);
                    let high = vreinterpretq_s64_s32(sums[2 * part + 1]);
                    vreinterpretq_s32_s64(match row % 2 {
                        0 => vtrn1q_s64(low, high),
                        _ => vtrn2q_s64(low, high),
                    })
                })
            });
            finish(op, sums, first, channel);
        }
    }
}

/// `start` and the sums of pairs of rows with a block: `[2, 2]` for each two channels.
///
/// # Safety
/// The processor has matrix products; the patch has `ROWS` pixels and runs of whole registers, and a block lies at
/// `weights`.
#[inline(always)]
unsafe fn product<const ROWS: usize, const PAIRS: usize>(
    patch: Patch<'_, i8>,
    weights: *const i8,
    start: [int32x4_t; PARTS],
) -> [[int32x4_t; 2 * PARTS]; PAIRS] {
    let mut weights = weights;
    // SAFETY: the caller's promise.
    unsafe {
        let start = core::array::from_fn(|two| {
            let part = vreinterpretq_s64_s32(start[two / 2]);
            vreinterpretq_s32_s64(match two % 2 {
                0 => vtrn1q_s64(part, part),
                _ => vtrn2q_s64(part, part),
            })
        });
        let mut sums = [start; PAIRS];
        for (_, run) in patch.runs {
            let rows: [*const i8; 2 * MAX_PAIRS] = patch.rows(*run, ROWS);
            for k in (0..patch.length).step_by(REGISTER) {
                let x: [[int64x2_t; 2]; PAIRS] = core::array::from_fn(|pair| {
                    let even = vreinterpretq_s64_s8(vld1q_s8(rows[2 * pair].add(k)));
                    let odd = vreinterpretq_s64_s8(vld1q_s8(rows[2 * pair + 1].add(k)));
                    [vtrn1q_s64(even, odd), vtrn2q_s64(even, odd)]
                });
                for half in 0..2 {
                    let x = core::array::from_fn(|pair| x[pair][half]);
                    let next = load(weights.add(CHANNELS * LANE));
                    add(&mut sums, x, [load(weights), next]);
                    weights = weights.add(2 * CHANNELS * LANE);
                }
            }
        }
        sums
    }
}

/// Adds products of eight depths of pairs of rows with two lanes of a block.
///
/// # Safety
/// The processor has matrix products.
#[inline(always)]
unsafe fn add<const PAIRS: usize>(
    sums: &mut [[int32x4_t; 2 * PARTS]; PAIRS],
    x: [int64x2_t; PAIRS],
    [low, high]: [[int8x16_t; PARTS]; 2],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for part in 0..PARTS {
            let [low, high] = [low, high].map(|it| vreinterpretq_s32_s8(it[part]));
            let two = [vzip1q_s32(low, high), vzip2q_s32(low, high)];
            for (sums, x) in sums.iter_mut().zip(x) {
                for (half, w) in two.into_iter().enumerate() {
                    let sum = &mut sums[2 * part + half];
                    *sum = multiply(*sum, vreinterpretq_s8_s64(x), vreinterpretq_s8_s32(w));
                }
            }
        }
    }
}
