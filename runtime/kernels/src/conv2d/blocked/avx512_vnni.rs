//! AVX-512 with dot products of int8: a few pixels times 32 channels at a time, sums in 24 of the 32 registers.
//!
//! The instruction multiplies unsigned bytes by signed ones: rows hold elements plus 128, and what that and the zero
//! point add to the sums of all products is taken off the bias, once a step. Padding reads the zero point.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::patch::{self, Input, Patch, for_each_patch};
use super::pixels::{Pixels, by_pixels};
use crate::add::avx512::Adder;
use crate::avx512::{Finish, Outputs, SIGN, signless_bias, to_unsigned};
use crate::blocked::{CHANNELS, LANE};
use crate::{Avx512Vnni, Window};

/// Pixels of a tile at the most.
const ROWS: usize = 12;
/// Blocks at a time, and where there is but one pixel: as many sums as do not wait for each other.
const BLOCKS: usize = 2;
const BLOCKS_ALONE: usize = 8;
/// Blocks whose biases the stack has room for.
const MAX_BLOCKS: usize = 256;

/// Whether this file has what it takes: room for the elements of a pixel and for all biases.
pub(super) fn holds(window: &Window) -> bool {
    window.output[2].div_ceil(CHANNELS) <= MAX_BLOCKS && patch::holds(window, LANE)
}

pub(super) fn i8(op: &I8<'_>, _: Avx512Vnni) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// A step, prepared.
struct Layer<'a> {
    op: &'a I8<'a>,
    /// Weights of a block.
    block: usize,
    /// What sums of a block begin with, for each block.
    biases: &'a [MaybeUninit<__m512i>; MAX_BLOCKS],
    /// What adds that which the output holds.
    adder: Option<Adder>,
}

/// # Safety
/// The processor has AVX-512 with dot products; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn all(op: &I8<'_>) {
    let [height, width, outputs] = op.window.output;
    let block = op.weights.len() / outputs.div_ceil(CHANNELS).max(1);
    let mut biases = [const { MaybeUninit::uninit() }; MAX_BLOCKS];
    // One pixel alone adds weights up on the way.
    if height * width > 1 {
        let blocks = op.weights.chunks_exact(block.max(1));
        for (index, (place, block)) in biases.iter_mut().zip(blocks).enumerate() {
            let mut sums = _mm512_setzero_si512();
            for lane in block.as_chunks::<{ CHANNELS * LANE }>().0 {
                // SAFETY: as many bytes are there.
                let w = unsafe { _mm512_loadu_si512(lane.as_ptr().cast()) };
                sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), w);
            }
            place.write(bias(op, index * CHANNELS, sums));
        }
    }
    let layer = Layer {
        op,
        block,
        biases: &biases,
        adder: op.sum.map(|sum| Adder::new(sum)),
    };
    let input = Input {
        window: &op.window,
        cells: op.input,
        padding: (op.quant.input_zero_point as i8 ^ SIGN) as u8,
        multiple: LANE,
        convert: Some(to_unsigned),
    };
    // SAFETY: the caller's promise; `count` pixels lie in the patch.
    unsafe {
        for_each_patch(&input, op.output, ROWS, |patch, first, count| {
            if height * width == 1 {
                tile::<1, true>(&layer, patch, first);
            } else {
                by_pixels!(count, several(&layer, patch, first));
            }
        });
    }
}

/// The biases of a block, given the sums of its weights.
#[inline]
#[target_feature(enable = "avx512f")]
fn bias(op: &I8<'_>, channel: usize, sums: __m512i) -> __m512i {
    let bias = op.bias.unwrap_or_default();
    signless_bias(bias, channel, sums, op.quant.input_zero_point)
}

/// As [`tile`], with biases.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn several<const PIXELS: usize>(layer: &Layer<'_>, patch: Patch<'_, i8>, first: usize) {
    // SAFETY: the caller's promise.
    unsafe { tile::<PIXELS, false>(layer, patch, first) };
}

/// All channels of `PIXELS` pixels from `first` on; with `ALONE`, of the only pixel.
///
/// # Safety
/// As [`all`]; the patch has `PIXELS` pixels, and biases are there unless `ALONE`.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn tile<const PIXELS: usize, const ALONE: bool>(
    layer: &Layer<'_>,
    patch: Patch<'_, i8>,
    first: usize,
) {
    let [_, _, outputs] = layer.op.window.output;
    let mut channel = 0;
    // SAFETY: the blocks are some of the weights; the rest is the caller's promise.
    unsafe {
        while PIXELS == 1 && channel + (BLOCKS_ALONE - 1) * CHANNELS < outputs {
            blocks::<PIXELS, BLOCKS_ALONE, ALONE>(layer, patch, first, channel);
            channel += BLOCKS_ALONE * CHANNELS;
        }
        while channel + CHANNELS < outputs {
            blocks::<PIXELS, BLOCKS, ALONE>(layer, patch, first, channel);
            channel += BLOCKS * CHANNELS;
        }
        if channel < outputs {
            blocks::<PIXELS, 1, ALONE>(layer, patch, first, channel);
        }
    }
}

/// The blocks from the one on that begins at `channel`.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn blocks<const PIXELS: usize, const BLOCKS: usize, const ALONE: bool>(
    layer: &Layer<'_>,
    patch: Patch<'_, i8>,
    first: usize,
    channel: usize,
) {
    let (op, [_, _, outputs]) = (layer.op, layer.op.window.output);
    let mut start = [_mm512_setzero_si512(); BLOCKS];
    // SAFETY: the caller's promise.
    unsafe {
        if !ALONE {
            for (block, start) in start.iter_mut().enumerate() {
                let biases = layer.biases.as_ptr().add(channel / CHANNELS + block);
                *start = biases.read().assume_init();
            }
        }
        let weights = op.weights.as_ptr().add(channel / CHANNELS * layer.block);
        let (sums, weights) = product::<PIXELS, BLOCKS, ALONE>(patch, weights, layer.block, start);
        let output = op.output.as_ptr().cast::<i8>().cast_mut();
        let output = output.wrapping_add(first * outputs);
        for block in 0..BLOCKS {
            let channel = channel + block * CHANNELS;
            let mut of_block = sums.map(|sums| sums[block]);
            if ALONE {
                of_block =
                    of_block.map(|it| _mm512_add_epi32(it, bias(op, channel, weights[block])));
            }
            let outputs = Outputs {
                at: output.wrapping_add(channel),
                stride: outputs,
                count: outputs - channel,
            };
            Finish::new(&op.multipliers, &op.quant, channel)
                .with_sum(layer.adder.as_ref())
                .write(of_block, outputs);
        }
    }
}

/// `start` and the sums of the products of `PIXELS` pixels with blocks, `block` weights each; and, where `SUMS`, the sums
/// of the weights.
///
/// # Safety
/// The processor has AVX-512 with dot products; the patch has `PIXELS` pixels, and the blocks lie at `weights`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn product<const PIXELS: usize, const BLOCKS: usize, const SUMS: bool>(
    patch: Patch<'_, i8>,
    weights: *const i8,
    block: usize,
    start: [__m512i; BLOCKS],
) -> ([[__m512i; BLOCKS]; PIXELS], [__m512i; BLOCKS]) {
    let mut sums = [start; PIXELS];
    let mut weight_sums = [_mm512_setzero_si512(); BLOCKS];
    let mut weights = weights;
    for (_, run) in patch.runs {
        let mut x = Pixels::<_, PIXELS>::new(run.wrapping_add(patch.first), patch.step);
        for _ in 0..patch.length.div_ceil(LANE) {
            // SAFETY: the run lies under the pixels, and in the blocks. One that is no whole lanes is the last: its
            // weights are filled up with zeros, its elements with whatever comes next.
            unsafe {
                let mut w = [_mm512_setzero_si512(); BLOCKS];
                for (index, w) in w.iter_mut().enumerate() {
                    *w = _mm512_loadu_si512(weights.add(index * block).cast());
                }
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let lane = x.at(pixel).cast::<i32>().read_unaligned();
                    let x = _mm512_set1_epi32(lane);
                    for (sum, w) in sums.iter_mut().zip(w) {
                        *sum = _mm512_dpbusd_epi32(*sum, x, w);
                    }
                }
                if SUMS {
                    for (sum, w) in weight_sums.iter_mut().zip(w) {
                        *sum = _mm512_dpbusd_epi32(*sum, _mm512_set1_epi8(1), w);
                    }
                }
                weights = weights.add(CHANNELS * LANE);
            }
            x.advance(LANE);
        }
    }
    (sums, weight_sums)
}
