//! NEON in f32: a few pixels times 16 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::patch::{Input, Patch, for_each_patch};
use crate::blocked::CHANNELS;
use crate::neon::stream::{next, settle, starts};
use crate::neon::{FinishF32, LANES};
use crate::rows::{Strip, Tiles};
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
    // SAFETY: the caller's promise; the tiles lie in the patch.
    unsafe {
        for_each_patch(&input, op.output, usize::MAX, |patch, pixel, count| {
            patch.for_each_tiles(Strip { pixel, count }, ROWS, |patch, tiles| {
                match tiles.pixels {
                    1 => several::<1, W>(op, patch, tiles),
                    2 => several::<2, W>(op, patch, tiles),
                    3 => several::<3, W>(op, patch, tiles),
                    4 => several::<4, W>(op, patch, tiles),
                    _ => several::<5, W>(op, patch, tiles),
                }
            });
        });
    }
}

/// All channels of tiles of `ROWS` pixels.
///
/// # Safety
/// As [`all`]; the patch has the pixels.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn several<const ROWS: usize, W: Weight>(
    op: &F32<'_, f32, W>,
    patch: Patch<'_, f32>,
    tiles: Tiles,
) {
    let patch = patch.with_a_run();
    let [_, _, outputs] = op.window.output;
    let depth = op.window.taps() * op.window.input[2];
    // Runs above the input are left out.
    let skipped = patch
        .runs
        .first()
        .map_or(0, |(index, _)| index * patch.length);
    let mut weights = op.weights.as_ptr().wrapping_add(skipped * CHANNELS);
    let mut output = op.output.as_ptr().cast::<f32>().cast_mut();
    output = output.wrapping_add(tiles.first * outputs);
    // A copy, which no output can be a part of.
    let epilogue = op.epilogue;
    for channel in (0..outputs).step_by(CHANNELS) {
        let place = (output, [outputs, outputs - channel]);
        // SAFETY: the block is one of the weights; the rest is the caller's promise.
        unsafe {
            if outputs - channel <= HALF * LANES {
                let finish = FinishF32::new(&epilogue, channel).with_sum(op.sum);
                block::<ROWS, HALF, W>(patch, tiles.count, weights, &finish, place);
            } else {
                let finish = FinishF32::new(&epilogue, channel).with_sum(op.sum);
                block::<ROWS, BLOCK, W>(patch, tiles.count, weights, &finish, place);
            }
        }
        weights = weights.wrapping_add(depth * CHANNELS);
        output = output.wrapping_add(CHANNELS);
    }
}

/// The first `PARTS * 4` channels of a block, of so many tiles of `ROWS` pixels; its first channel goes to `output`, of
/// pixels that are `stride` apart.
///
/// # Safety
/// As [`several`]; the weights of the runs lie at `weights`, and the output is valid for writes.
#[inline(always)]
unsafe fn block<const ROWS: usize, const PARTS: usize, W: Weight>(
    patch: Patch<'_, f32>,
    tiles: usize,
    weights: *const W,
    finish: &FinishF32<PARTS>,
    (output, [stride, left]): (*mut f32, [usize; 2]),
) {
    let (mut patch, mut output) = (patch, output);
    // SAFETY: the caller's promise.
    let start = unsafe { finish.start() };
    for _ in 0..tiles {
        // SAFETY: the caller's promise.
        unsafe {
            let sums = product::<ROWS, PARTS, W>(patch, weights, &start);
            finish.store(sums, output, [stride, left]);
        }
        patch = patch.ahead(ROWS);
        output = output.wrapping_add(ROWS * stride);
    }
}

/// `start` and the sums of `ROWS` pixels with the first `PARTS * 4` channels of a block, in the order of the depth.
///
/// # Safety
/// The processor has NEON; the patch has `ROWS` pixels, and the weights of its runs lie at `weights`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn product<const ROWS: usize, const PARTS: usize, W: Weight>(
    patch: Patch<'_, f32>,
    weights: *const W,
    start: &[float32x4_t; PARTS],
) -> [[float32x4_t; PARTS]; ROWS] {
    // SAFETY: the caller's promise, where there are as many.
    let mut sums = unsafe { begin::<ROWS, PARTS>(start) };
    let mut weights = weights;
    for (_, run) in patch.runs {
        let mut rows: [*const f32; ROWS] = patch.rows(*run, ROWS);
        let eights = patch.length / (2 * LANES);
        // SAFETY: the caller's promise.
        unsafe {
            for _ in 0..eights {
                // What there are registers for is loaded two at a time.
                let pairs = if ROWS > 4 { 3 } else { ROWS };
                let [a, b, c, d] = [0, 1, 2, 3].map(|row| match rows.get_mut(row) {
                    Some(at) if row < pairs => {
                        let at = next(at, 2 * LANES);
                        [vld1q_f32(at), vld1q_f32(at.add(LANES))]
                    }
                    _ => [vdupq_n_f32(0.0); 2],
                });
                let mut single = |row: usize| match rows.get_mut(row) {
                    Some(at) if row >= pairs => vld1q_f32(next(at, LANES)),
                    _ => vdupq_n_f32(0.0),
                };
                let mut x = |half: usize| {
                    let fourth = if ROWS > 4 { single(3) } else { d[half] };
                    let all = [a[half], b[half], c[half], fourth, single(4)];
                    core::array::from_fn(|row| all[row % all.len()])
                };
                four(&mut sums, x(0), &mut weights);
                four(&mut sums, x(1), &mut weights);
            }
            if patch.length & LANES != 0 {
                let x = rows.each_mut().map(|row| vld1q_f32(next(row, LANES)));
                four(&mut sums, x, &mut weights);
            }
            if patch.length & 2 != 0 {
                let x = rows.each_mut().map(|row| vld1_f32(next(row, 2)));
                let x = x.map(|it| vcombine_f32(it, it));
                add::<0, ROWS, PARTS, W>(&mut sums, x, &mut weights);
                add::<1, ROWS, PARTS, W>(&mut sums, x, &mut weights);
            }
            if patch.length & 1 != 0 {
                let x = rows.map(|row| vld1q_dup_f32(row));
                add::<0, ROWS, PARTS, W>(&mut sums, x, &mut weights);
            }
        }
    }
    sums
}

/// `ROWS` times what sums begin with.
///
/// # Safety
/// The processor has NEON.
#[inline(always)]
unsafe fn begin<const ROWS: usize, const PARTS: usize>(
    start: &[float32x4_t; PARTS],
) -> [[float32x4_t; PARTS]; ROWS] {
    if PARTS != BLOCK || ROWS == 1 {
        return [*start; ROWS];
    }
    // SAFETY: four registers lie there; the rest is the caller's promise.
    unsafe {
        starts::<ROWS>([start.as_ptr().cast(); 2])
            .map(|row| core::array::from_fn(|part| vreinterpretq_f32_s32(row[part % BLOCK])))
    }
}

/// Adds products of four depths.
///
/// # Safety
/// The weights of the depths lie at `weights`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn four<const ROWS: usize, const PARTS: usize, W: Weight>(
    sums: &mut [[float32x4_t; PARTS]; ROWS],
    x: [float32x4_t; ROWS],
    weights: &mut *const W,
) {
    // SAFETY: the caller's promise.
    unsafe {
        add::<0, ROWS, PARTS, W>(sums, x, weights);
        add::<1, ROWS, PARTS, W>(sums, x, weights);
        add::<2, ROWS, PARTS, W>(sums, x, weights);
        add::<3, ROWS, PARTS, W>(sums, x, weights);
    }
}

/// Adds products of lane `LANE` of each row's elements with the weights of a depth.
///
/// # Safety
/// The weights of the depth lie at `weights`.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn add<const LANE: i32, const ROWS: usize, const PARTS: usize, W: Weight>(
    sums: &mut [[float32x4_t; PARTS]; ROWS],
    x: [float32x4_t; ROWS],
    weights: &mut *const W,
) {
    // SAFETY: the caller's promise.
    let weights: [float32x4_t; PARTS] = unsafe { W::load(weights, CHANNELS) };
    for (sums, x) in sums.iter_mut().zip(x) {
        for (sum, w) in sums.iter_mut().zip(weights) {
            *sum = vfmaq_laneq_f32::<LANE>(*sum, w, x);
        }
    }
    settle(sums.as_flattened_mut());
}
