//! NEON in int8: a few pixels times 16 channels at a time. Padding reads the zero point; what the zero point adds to the
//! sums of all products is taken off the bias, once a step.
//!
//! Biases, and the way from sums to outputs, serve [`neon_dot`](super::neon_dot) and [`neon_i8mm`](super::neon_i8mm) too.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::patch::{self, Input, Patch, for_each_patch};
use crate::blocked::{CHANNELS, LANE};
use crate::neon::{LANES, Rows, some_i32};
use crate::{Neon, Window, neon};

/// Blocks whose biases the stack has room for.
const MAX_BLOCKS: usize = 256;
/// Pixels of a tile at the most: eight registers of sums each.
const ROWS: usize = 2;
/// Registers of a block's sums.
pub(super) const PARTS: usize = CHANNELS / LANES;

/// Whether the NEON files have what it takes: room for the elements of a pixel and for all biases.
pub(super) fn holds(window: &Window) -> bool {
    let blocks = window.output[2].div_ceil(CHANNELS);
    blocks <= MAX_BLOCKS && patch::holds(window, LANE)
}

pub(super) fn i8(op: &I8<'_>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// The input: lanes of four elements go on from run to run.
pub(super) fn input<'a>(op: &'a I8<'_>) -> Input<'a, i8> {
    Input {
        window: &op.window,
        cells: op.input,
        padding: op.quant.input_zero_point as u8,
        multiple: LANE,
        convert: None,
    }
}

/// Weights of the block that begins at a channel.
///
/// # Safety
/// It is one of the operation.
#[inline(always)]
pub(super) unsafe fn weights(op: &I8<'_>, patch: Patch<'_, i8>, channel: usize) -> *const i8 {
    let lanes = patch.runs.len() * patch.length.div_ceil(LANE);
    // SAFETY: the caller's promise.
    unsafe { op.weights.as_ptr().add(channel * lanes * LANE) }
}

/// Biases less what the zero point adds.
pub(super) struct Biases([MaybeUninit<[int32x4_t; PARTS]>; MAX_BLOCKS]);

impl Biases {
    /// None yet.
    pub(super) const NONE: Biases = Biases([const { MaybeUninit::uninit() }; MAX_BLOCKS]);

    /// Makes all of them, given a function that adds up a block's weights.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) fn fill(&mut self, op: &I8<'_>, mut sums: impl FnMut(&[i8]) -> [int32x4_t; PARTS]) {
        let blocks = op.window.output[2].div_ceil(CHANNELS);
        let weights = op.weights.chunks_exact(op.weights.len() / blocks.max(1));
        for (block, (place, weights)) in self.0.iter_mut().zip(weights).enumerate() {
            place.write(bias(op, block * CHANNELS, sums(weights)));
        }
    }

    /// Of the block that begins at a channel.
    ///
    /// # Safety
    /// [`fill`](Self::fill) was called with the operation that has the channel.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(super) unsafe fn of(&self, channel: usize) -> [int32x4_t; PARTS] {
        // SAFETY: the caller's promise.
        unsafe { self.0.as_ptr().add(channel / CHANNELS).read().assume_init() }
    }
}

/// Biases of a block, given the sums of its weights.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn bias(op: &I8<'_>, channel: usize, sums: [int32x4_t; PARTS]) -> [int32x4_t; PARTS] {
    let bias: [int32x4_t; PARTS] = some_i32(op.bias.unwrap_or_default(), channel);
    core::array::from_fn(|part| vmlsq_n_s32(bias[part], sums[part], op.quant.input_zero_point))
}

/// Makes outputs of the sums of a block, which begins at `channel`, for `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`for_each_patch`]; the pixels and the block are those of the operation.
#[inline(always)]
pub(super) unsafe fn finish<const ROWS: usize>(
    op: &I8<'_>,
    sums: [[int32x4_t; PARTS]; ROWS],
    first: usize,
    channel: usize,
) {
    let [_, _, outputs] = op.window.output;
    // SAFETY: the caller's promise.
    unsafe {
        let output = op.output.as_ptr().cast::<i8>().cast_mut();
        let rows = Rows {
            output: output.add(first * outputs + channel),
            stride: outputs,
            count: outputs - channel,
        };
        neon::finish(&op.multipliers, &op.quant, channel, sums, rows);
    }
}

/// # Safety
/// As [`for_each_patch`].
#[target_feature(enable = "neon")]
unsafe fn all(op: &I8<'_>) {
    let mut biases = Biases::NONE;
    let mut least = vdupq_n_s8(0);
    biases.fill(op, |weights| weight_sums(weights, &mut least));
    // Two products of bytes fit 16 bits, but for those of -128 and -128.
    let is_narrow = vminvq_s8(least) > i8::MIN;
    // SAFETY: the caller's promise; `count` rows lie in the patch.
    unsafe {
        let input = input(op);
        for_each_patch(&input, op.output, ROWS, |patch, first, count| {
            match (count, is_narrow) {
                (1, false) => tile::<1, false>(op, &biases, patch, first),
                (_, false) => tile::<2, false>(op, &biases, patch, first),
                (1, true) => tile::<1, true>(op, &biases, patch, first),
                (_, true) => tile::<2, true>(op, &biases, patch, first),
            }
        });
    }
}

/// Sums of a block's weights, for each channel; `least` becomes the least of them.
#[inline]
#[target_feature(enable = "neon")]
fn weight_sums(block: &[i8], least: &mut int8x16_t) -> [int32x4_t; PARTS] {
    let mut sums = [vdupq_n_s32(0); PARTS];
    for lane in block.as_chunks::<{ CHANNELS * LANE }>().0 {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: sixteen bytes are there.
            let sixteen = unsafe { vld1q_s8(lane.as_ptr().add(part * 16)) };
            *sum = vpadalq_s16(*sum, vpaddlq_s8(sixteen));
            *least = vminq_s8(*least, sixteen);
        }
    }
    sums
}

/// All channels of `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`for_each_patch`]; the biases are filled, and the patch has `ROWS` rows.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn tile<const ROWS: usize, const NARROW: bool>(
    op: &I8<'_>,
    biases: &Biases,
    patch: Patch<'_, i8>,
    first: usize,
) {
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            let weights = weights(op, patch, channel);
            let bias = biases.of(channel);
            let sums = product::<ROWS, NARROW>(patch, weights);
            let sums = sums.map(|sums| {
                core::array::from_fn(|part| {
                    let sum = vpaddq_s32(sums[2 * part], sums[2 * part + 1]);
                    vaddq_s32(sum, bias[part])
                })
            });
            finish(op, sums, first, channel);
        }
    }
}

/// Sums of `ROWS` rows with a block: two of each channel, side by side.
///
/// # Safety
/// The processor has NEON; the patch has `ROWS` rows, and a block lies at `weights`, without -128 where `NARROW`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn product<const ROWS: usize, const NARROW: bool>(
    patch: Patch<'_, i8>,
    weights: *const i8,
) -> [[int32x4_t; 2 * PARTS]; ROWS] {
    let mut sums = [[vdupq_n_s32(0); 2 * PARTS]; ROWS];
    let mut weights = weights;
    for (_, run) in patch.runs {
        let mut rows: [*const i8; ROWS] = patch.rows(*run, ROWS);
        let mut lanes = patch.length.div_ceil(LANE);
        // SAFETY: the caller's promise.
        unsafe {
            let x = |rows: &mut [*const i8; ROWS]| {
                let x = rows.map(|row| vreinterpret_s8_s32(vld1_dup_s32(row.cast())));
                *rows = rows.map(|row| row.add(LANE));
                x
            };
            while NARROW && lanes >= 2 {
                let [x, next] = [x(&mut rows), x(&mut rows)];
                for two in 0..2 * PARTS {
                    let a = vld1_s8(weights.add(two * 8));
                    let b = vld1_s8(weights.add(CHANNELS * LANE + two * 8));
                    for (row, sums) in sums.iter_mut().enumerate() {
                        let products = vmlal_s8(vmull_s8(a, x[row]), b, next[row]);
                        sums[two] = vpadalq_s16(sums[two], products);
                    }
                }
                weights = weights.add(2 * CHANNELS * LANE);
                lanes -= 2;
            }
            while lanes > 0 {
                let x = x(&mut rows);
                for two in 0..2 * PARTS {
                    let w = vld1_s8(weights.add(two * 8));
                    for (row, sums) in sums.iter_mut().enumerate() {
                        sums[two] = vpadalq_s16(sums[two], vmull_s8(w, x[row]));
                    }
                }
                weights = weights.add(CHANNELS * LANE);
                lanes -= 1;
            }
        }
    }
    sums
}

/// A lane of a block.
///
/// # Safety
/// It lies at `weights`.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn load(weights: *const i8) -> [int8x16_t; PARTS] {
    // SAFETY: the caller's promise.
    let int8x16x4_t(a, b, c, d) = unsafe { vld1q_s8_x4(weights) };
    [a, b, c, d]
}
