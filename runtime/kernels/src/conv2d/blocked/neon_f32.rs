//! NEON in f32: a few pixels times 16 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::patch::{Input, Patch, for_each_patch};
use crate::blocked::CHANNELS;
use crate::neon::{FinishF32, LANES, store_f32};
use crate::{Neon, Weight};

/// Pixels of a tile at the most: four registers of sums each, with one of elements, and four of weights.
const ROWS: usize = 5;
/// Registers of a whole block, and of half a block.
const BLOCK: usize = CHANNELS / LANES;
const HALF: usize = BLOCK / 2;

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has NEON; the lengths of the operands fit the window, which `patch` holds.
#[target_feature(enable = "neon")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let input = Input {
        window: &op.window,
        cells: op.input,
        padding: 0,
        multiple: 1,
        convert: None,
    };
    // SAFETY: the caller's promise; `count` pixels lie in the patch.
    unsafe {
        for_each_patch(&input, op.output, ROWS, |patch, first, count| match count {
            1 => tile::<1, W>(op, patch, first),
            2 => tile::<2, W>(op, patch, first),
            3 => tile::<3, W>(op, patch, first),
            4 => tile::<4, W>(op, patch, first),
            _ => tile::<5, W>(op, patch, first),
        });
    }
}

/// All channels of `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`all`]; the patch has `ROWS` pixels.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn tile<const ROWS: usize, W: Weight>(
    op: &F32<'_, f32, W>,
    patch: Patch<'_, f32>,
    first: usize,
) {
    let [_, _, outputs] = op.window.output;
    for channel in (0..outputs).step_by(CHANNELS) {
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            if outputs - channel <= HALF * LANES {
                block::<ROWS, HALF, W>(op, patch, first, channel);
            } else {
                block::<ROWS, BLOCK, W>(op, patch, first, channel);
            }
        }
    }
}

/// `PARTS * 4` channels from `channel` on, where a block begins.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn block<const ROWS: usize, const PARTS: usize, W: Weight>(
    op: &F32<'_, f32, W>,
    patch: Patch<'_, f32>,
    first: usize,
    channel: usize,
) {
    let [_, _, outputs] = op.window.output;
    let depth = op.window.taps() * op.window.input[2];
    let finish = FinishF32::new(&op.epilogue, channel);
    // SAFETY: the caller's promise.
    unsafe {
        let weights = op.weights.as_ptr().add(channel * depth);
        let output = op.output.as_ptr().cast::<f32>().cast_mut();
        let output = output.add(first * outputs + channel);
        let sums = match ROWS {
            1 => [alone(patch, weights, finish.start()); ROWS],
            _ => product::<ROWS, PARTS, W>(patch, weights, finish.start()),
        };
        for (row, sums) in sums.into_iter().enumerate() {
            store_f32(
                output.add(row * outputs),
                finish.apply(sums),
                outputs - channel,
            );
        }
    }
}

/// `start` and the sums of `ROWS` pixels with the first `PARTS * 4` channels of a block.
///
/// # Safety
/// The processor has NEON; the patch has `ROWS` pixels, and a block lies at `weights`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn product<const ROWS: usize, const PARTS: usize, W: Weight>(
    patch: Patch<'_, f32>,
    weights: *const W,
    start: [float32x4_t; PARTS],
) -> [[float32x4_t; PARTS]; ROWS] {
    let mut sums = [start; ROWS];
    for (index, run) in patch.runs {
        let mut weights = weights.wrapping_add(index * patch.length * CHANNELS);
        let mut rows: [*const f32; ROWS] = patch.rows(*run, ROWS);
        // SAFETY: the caller's promise.
        unsafe {
            for _ in 0..patch.length / LANES {
                let x = rows.map(|row| vld1q_f32(row));
                rows = rows.map(|row| row.add(LANES));
                add::<0, ROWS, PARTS, W>(&mut sums, x, weights);
                add::<1, ROWS, PARTS, W>(&mut sums, x, weights.add(CHANNELS));
                add::<2, ROWS, PARTS, W>(&mut sums, x, weights.add(2 * CHANNELS));
                add::<3, ROWS, PARTS, W>(&mut sums, x, weights.add(3 * CHANNELS));
                weights = weights.add(4 * CHANNELS);
            }
            for _ in 0..patch.length % LANES {
                let x = rows.map(|row| vld1q_dup_f32(row));
                rows = rows.map(|row| row.add(1));
                add::<0, ROWS, PARTS, W>(&mut sums, x, weights);
                weights = weights.add(CHANNELS);
            }
        }
    }
    sums
}

/// Adds products of lane `LANE` of each row's elements with the weights of a depth.
///
/// # Safety
/// `PARTS * 4` weights lie at `weights`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn add<const LANE: i32, const ROWS: usize, const PARTS: usize, W: Weight>(
    sums: &mut [[float32x4_t; PARTS]; ROWS],
    x: [float32x4_t; ROWS],
    weights: *const W,
) {
    // SAFETY: the caller's promise.
    let weights: [float32x4_t; PARTS] = unsafe { W::load(weights) };
    for (sums, x) in sums.iter_mut().zip(x) {
        for (sum, w) in sums.iter_mut().zip(weights) {
            *sum = vfmaq_laneq_f32::<LANE>(*sum, w, x);
        }
    }
}

/// As [`product`] of one pixel, with two sums of each channel, so that additions need not wait for each other.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn alone<const PARTS: usize, W: Weight>(
    patch: Patch<'_, f32>,
    weights: *const W,
    start: [float32x4_t; PARTS],
) -> [float32x4_t; PARTS] {
    let mut sums = [start, [vdupq_n_f32(0.0); PARTS]];
    for (index, run) in patch.runs {
        let mut weights = weights.wrapping_add(index * patch.length * CHANNELS);
        let mut row = run.wrapping_add(patch.first);
        // SAFETY: the caller's promise.
        unsafe {
            for _ in 0..patch.length / (2 * LANES) {
                for (ahead, sums) in sums.iter_mut().enumerate() {
                    let sums = core::array::from_mut(sums);
                    let x = [vld1q_f32(row.add(ahead * LANES))];
                    let weights = weights.add(ahead * LANES * CHANNELS);
                    add::<0, 1, PARTS, W>(sums, x, weights);
                    add::<1, 1, PARTS, W>(sums, x, weights.add(CHANNELS));
                    add::<2, 1, PARTS, W>(sums, x, weights.add(2 * CHANNELS));
                    add::<3, 1, PARTS, W>(sums, x, weights.add(3 * CHANNELS));
                }
                row = row.add(2 * LANES);
                weights = weights.add(2 * LANES * CHANNELS);
            }
            for _ in 0..patch.length % (2 * LANES) {
                let sums = core::array::from_mut(&mut sums[0]);
                add::<0, 1, PARTS, W>(sums, [vld1q_dup_f32(row)], weights);
                row = row.add(1);
                weights = weights.add(CHANNELS);
            }
        }
    }
    let [even, odd] = sums;
    core::array::from_fn(|part| vaddq_f32(even[part], odd[part]))
}
