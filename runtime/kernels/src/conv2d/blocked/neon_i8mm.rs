//! NEON with matrix products of int8: eight depths of two channels and two pixels by an instruction.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::arch::asm;

use super::neon_blocks::{Block, PARTS, Product, REGISTER, run};
use super::neon_dot::{self, Dot};
use super::patch::Patch;
use super::{I8, depth};
use crate::NeonI8mm;
use crate::blocked::runs;
use crate::neon::stream::{next, starts_of_eight, two_fours};

/// Pairs of pixels of a tile at the most, each with eight registers of sums.
const MAX_PAIRS: usize = 2;
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
    unsafe { run(op, Matrices) }
}

/// The processor has dot products and matrix products where there is one, and runs are whole registers.
struct Matrices;

impl Product for Matrices {
    const ROWS: usize = 2 * MAX_PAIRS;
    /// Two of each channel.
    type Start = [int32x4_t; 2 * PARTS];

    #[inline(always)]
    fn start(&self, bias: Block) -> Self::Start {
        core::array::from_fn(|two| {
            // SAFETY: a layer runs only where the processor has NEON.
            unsafe {
                let part = vreinterpretq_s64_s32(bias[two / 2]);
                vreinterpretq_s32_s64(match two % 2 {
                    0 => vtrn1q_s64(part, part),
                    _ => vtrn2q_s64(part, part),
                })
            }
        })
    }

    #[inline(always)]
    fn weight_sums(&mut self, block: &[i8]) -> Block {
        Dot.weight_sums(block)
    }

    #[inline(always)]
    unsafe fn sums<const ROWS: usize>(
        &self,
        patch: Patch<'_, i8>,
        weights: *const i8,
        start: &Self::Start,
    ) -> [Block; ROWS] {
        // The last pair is of a pixel and itself where rows are odd.
        let pairs = ROWS.div_ceil(2).min(MAX_PAIRS);
        let mut weights = weights;
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = starts_of_eight::<MAX_PAIRS>(start);
            for (_, run) in patch.runs {
                let mut rows: [*const i8; 2 * MAX_PAIRS] = patch.rows(*run, ROWS);
                for _ in 0..patch.length / REGISTER {
                    let mut x = [[vdupq_n_s64(0); 2]; MAX_PAIRS];
                    for (x, rows) in x.iter_mut().zip(rows.as_chunks_mut().0).take(pairs) {
                        let [even, odd] = rows
                            .each_mut()
                            .map(|row| vreinterpretq_s64_s8(vld1q_s8(next(row, REGISTER))));
                        *x = [vtrn1q_s64(even, odd), vtrn2q_s64(even, odd)];
                    }
                    for half in 0..2 {
                        let w = two_fours(&mut weights);
                        let x = x.map(|it| vreinterpretq_s8_s64(it[half]));
                        for part in 0..PARTS {
                            let [low, high] = w.map(|it| vreinterpretq_s32_s8(it[part]));
                            let two = [vzip1q_s32(low, high), vzip2q_s32(low, high)];
                            for (sums, x) in sums.iter_mut().zip(x).take(pairs) {
                                for (half, w) in two.into_iter().enumerate() {
                                    let sum = &mut sums[2 * part + half];
                                    *sum = multiply(*sum, x, vreinterpretq_s8_s32(w));
                                }
                            }
                        }
                    }
                }
            }
            core::array::from_fn(|row| {
                let sums = &sums[row / 2 % MAX_PAIRS];
                core::array::from_fn(|part| {
                    let low = vreinterpretq_s64_s32(sums[2 * part]);
                    let high = vreinterpretq_s64_s32(sums[2 * part + 1]);
                    vreinterpretq_s32_s64(match row % 2 {
                        0 => vtrn1q_s64(low, high),
                        _ => vtrn2q_s64(low, high),
                    })
                })
            })
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
        unsafe { Dot.alone(patch, weights, has_zero_point) }
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
