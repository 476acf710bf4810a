//! AVX-512 in f32: a few pixels times 32 channels at a time, sums in 24 of the 32 registers.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::F32;
use super::patch::{self, Input, Patch, for_each_patch};
use super::pixels::{Pixels, by_pixels};
use crate::avx512::{FinishF32, first as first_lanes};
use crate::blocked::CHANNELS;
use crate::weight::avx512::Sixteen;
use crate::{Avx512, Weight, Window};

/// Pixels of a tile at the most.
const ROWS: usize = 12;
/// Blocks at a time, and where there is but one pixel: as many sums as do not wait for each other.
const BLOCKS: usize = 2;
const BLOCKS_ALONE: usize = 8;

/// Whether this file has what it takes: room for the elements of a pixel.
pub(super) fn holds(window: &Window) -> bool {
    patch::holds(window, 1)
}

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx512) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX-512; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx512f")]
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
        for_each_patch(&input, op.output, ROWS, |patch, first, count| {
            by_pixels!(count, tile(op, patch, first));
        });
    }
}

/// All channels of `PIXELS` pixels from `first` on.
///
/// # Safety
/// As [`all`]; the patch has `PIXELS` pixels.
#[inline(never)]
#[target_feature(enable = "avx512f")]
unsafe fn tile<const PIXELS: usize>(
    op: &F32<'_, f32, impl Weight>,
    patch: Patch<'_, f32>,
    first: usize,
) {
    let [_, _, outputs] = op.window.output;
    let mut channel = 0;
    // SAFETY: the blocks are some of the weights; the rest is the caller's promise.
    unsafe {
        while PIXELS == 1 && channel + (BLOCKS_ALONE - 1) * CHANNELS < outputs {
            blocks::<PIXELS, BLOCKS_ALONE>(op, patch, first, channel);
            channel += BLOCKS_ALONE * CHANNELS;
        }
        while channel + CHANNELS < outputs {
            blocks::<PIXELS, BLOCKS>(op, patch, first, channel);
            channel += BLOCKS * CHANNELS;
        }
        if channel < outputs {
            blocks::<PIXELS, 1>(op, patch, first, channel);
        }
    }
}

/// The blocks from the one on that begins at `channel`.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn blocks<const PIXELS: usize, const BLOCKS: usize>(
    op: &F32<'_, f32, impl Weight>,
    patch: Patch<'_, f32>,
    first: usize,
    channel: usize,
) {
    let [_, _, outputs] = op.window.output;
    let depth = op.window.taps() * op.window.input[2];
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let output = output.wrapping_add(first * outputs + channel);
    // SAFETY: the caller's promise; masks leave out what lies behind the last channel.
    unsafe {
        let weights = op.weights.as_ptr().add(channel * depth);
        let sums = product::<PIXELS, BLOCKS>(patch, weights, depth * CHANNELS);
        for block in 0..BLOCKS {
            let lanes = block * CHANNELS;
            let finish = FinishF32::new(&op.epilogue, channel + lanes);
            let mask = first_lanes(outputs - channel - lanes);
            for (pixel, sums) in sums.iter().enumerate() {
                let at = output.wrapping_add(pixel * outputs + lanes);
                _mm512_mask_storeu_ps(at, mask, finish.apply(sums[block]));
            }
        }
    }
}

/// Sums of the products of `PIXELS` pixels with blocks, `block` weights each, in the order of the depth.
///
/// # Safety
/// The processor has AVX-512; the patch has `PIXELS` pixels, and the blocks lie at `weights`.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn product<const PIXELS: usize, const BLOCKS: usize>(
    patch: Patch<'_, f32>,
    weights: *const impl Weight,
    block: usize,
) -> [[__m512; BLOCKS]; PIXELS] {
    let mut sums = [[_mm512_setzero_ps(); BLOCKS]; PIXELS];
    for (index, run) in patch.runs {
        let mut weights = weights.wrapping_add(index * patch.length * CHANNELS);
        let mut x = Pixels::<_, PIXELS>::new(run.wrapping_add(patch.first), patch.step);
        for _ in 0..patch.length {
            // SAFETY: the run lies under the pixels, and in the blocks.
            unsafe {
                let mut w = [_mm512_setzero_ps(); BLOCKS];
                for (index, w) in w.iter_mut().enumerate() {
                    *w = Sixteen::sixteen(weights.add(index * block));
                }
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let x = _mm512_set1_ps(x.at(pixel).read());
                    for (sum, w) in sums.iter_mut().zip(w) {
                        *sum = _mm512_fmadd_ps(x, w, *sum);
                    }
                }
                weights = weights.add(CHANNELS);
            }
            x.advance(1);
        }
    }
    sums
}
