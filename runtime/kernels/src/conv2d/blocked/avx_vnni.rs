//! AVX-VNNI: a few pixels times some vectors of 8 channels at a time, sums in 12 of the 16 registers.
//!
//! As in the file for AVX-512, rows hold elements plus 128, and what that and the zero point add to the sums of all products
//! is taken off the bias, once a step. Padding reads the zero point.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::patch::{self, Input, Patch, for_each_patch};
use super::pixels::Pixels;
use super::{I8, is_finite};
use crate::add::avx2::Adder;
use crate::avx_vnni::{by_dot_product, for_dot_products, fours, signless_bias, to_unsigned};
use crate::avx2::{Finish, LANES, store_i8};
use crate::avx512::SIGN;
use crate::blocked::{CHANNELS, LANE};
use crate::{Isa, Window};

/// Pixels of a tile at the most.
const ROWS: usize = 6;
/// Blocks whose biases the stack has room for, and those whose multipliers are kept too.
const MAX_BLOCKS: usize = 256;
const MAX_KEPT: usize = 64;
/// Bytes of a vector of weights.
const VECTOR: usize = LANES * LANE;

/// Whether this file has what it takes: room for the elements of a pixel and for all biases.
fn holds(window: &Window) -> bool {
    window.output[2].div_ceil(CHANNELS) <= MAX_BLOCKS && patch::holds(window, LANE)
}

/// `None` where this is none of its instruction sets, or it has not what it takes.
pub(super) fn i8(op: &I8<'_>, isa: Isa) -> Option<()> {
    let all: unsafe fn(&I8<'_>) = by_dot_product!(isa, all);
    let does = holds(&op.window) && is_finite(op);
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    does.then(|| unsafe { all(op) })
}

/// A step, prepared.
struct Layer<'a> {
    op: &'a I8<'a>,
    /// Weights of a block.
    block: usize,
    /// What sums of a block begin with, for each block.
    biases: &'a [MaybeUninit<[__m256i; 2]>; MAX_BLOCKS],
    /// What makes bytes of sums, for as many of the first blocks as are kept.
    kept: &'a [Finish],
    /// What adds that which the output holds.
    adder: Option<Adder>,
}

/// # Safety
/// The processor has what `D` stands for; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all<D: Dot>(op: &I8<'_>) {
    let [height, width, outputs] = op.window.output;
    let is_alone = height * width == 1;
    let block = op.weights.len() / outputs.div_ceil(CHANNELS).max(1);
    let mut biases = [const { MaybeUninit::uninit() }; MAX_BLOCKS];
    let mut finishes = [const { MaybeUninit::uninit() }; MAX_KEPT];
    let mut kept = 0;
    // One pixel alone adds weights up on the way.
    if !is_alone {
        let blocks = op.weights.chunks_exact(block.max(1));
        for (index, (place, block)) in biases.iter_mut().zip(blocks).enumerate() {
            place.write(bias(op, index * CHANNELS, weight_sums(block)));
        }
        for (place, channel) in finishes.iter_mut().zip((0..outputs).step_by(CHANNELS)) {
            place.write(Finish::new(&op.multipliers, &op.quant, channel));
            kept += 1;
        }
    }
    let layer = Layer {
        op,
        block,
        biases: &biases,
        // SAFETY: so many were written.
        kept: unsafe { core::slice::from_raw_parts(finishes.as_ptr().cast(), kept) },
        adder: op.sum.map(|sum| Adder::new(sum)),
    };
    let input = Input {
        window: &op.window,
        cells: op.input,
        padding: (op.quant.input_zero_point as i8 ^ SIGN) as u8,
        multiple: LANE,
        convert: Some(to_unsigned),
    };
    // SAFETY: the caller's promise; `count` pixels lie in the patch. Each tile has as many vectors at a time as there are
    // registers for sums: few would wait for each other.
    unsafe {
        for_each_patch(&input, op.output, ROWS, |patch, first, count| {
            match (count, is_alone) {
                (1, true) => tile::<D, 1, 6, true>(&layer, patch, first),
                (1, false) => tile::<D, 1, 12, false>(&layer, patch, first),
                (2, _) => tile::<D, 2, 6, false>(&layer, patch, first),
                (3, _) => tile::<D, 3, 4, false>(&layer, patch, first),
                (4, _) => tile::<D, 4, 2, false>(&layer, patch, first),
                (5, _) => tile::<D, 5, 2, false>(&layer, patch, first),
                (_, _) => tile::<D, 6, 2, false>(&layer, patch, first),
            }
        });
    }
}

/// Sums of the weights of a block, for each channel.
#[target_feature(enable = "avx2,fma")]
fn weight_sums(block: &[i8]) -> [__m256i; 2] {
    let mut sums = [_mm256_setzero_si256(); 2];
    for vectors in block.as_chunks::<VECTOR>().0.as_chunks::<2>().0 {
        for (sums, vector) in sums.iter_mut().zip(vectors) {
            // SAFETY: as many bytes are there.
            let w = unsafe { _mm256_loadu_si256(vector.as_ptr().cast()) };
            *sums = _mm256_add_epi32(*sums, fours(w));
        }
    }
    sums
}

/// The biases of a block, given the sums of its weights.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn bias(op: &I8<'_>, channel: usize, weights: [__m256i; 2]) -> [__m256i; 2] {
    let bias = op.bias.unwrap_or_default();
    signless_bias(bias, channel, weights, op.quant.input_zero_point)
}

/// All channels of `PIXELS` pixels from `first` on, `VECTORS` at a time where there are so many; with `ALONE`, of the only
/// pixel.
///
/// # Safety
/// As [`all`]; the patch has `PIXELS` pixels, and biases are there unless `ALONE`.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn tile<D: Dot, const PIXELS: usize, const VECTORS: usize, const ALONE: bool>(
    layer: &Layer<'_>,
    patch: Patch<'_, i8>,
    first: usize,
) {
    let [_, _, outputs] = layer.op.window.output;
    let mut channel = 0;
    // SAFETY: the vectors are some of the weights; the rest is the caller's promise.
    unsafe {
        while channel + (VECTORS - 1) * LANES < outputs {
            vectors::<D, PIXELS, VECTORS, ALONE>(layer, patch, first, channel);
            channel += VECTORS * LANES;
        }
        while VECTORS > 2 && channel + LANES < outputs {
            vectors::<D, PIXELS, 2, ALONE>(layer, patch, first, channel);
            channel += CHANNELS;
        }
        if channel < outputs {
            vectors::<D, PIXELS, 1, ALONE>(layer, patch, first, channel);
        }
    }
}

/// The vectors from the one on that begins at `channel`, the first of a block.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn vectors<D: Dot, const PIXELS: usize, const VECTORS: usize, const ALONE: bool>(
    layer: &Layer<'_>,
    patch: Patch<'_, i8>,
    first: usize,
    channel: usize,
) {
    let (op, [_, _, outputs]) = (layer.op, layer.op.window.output);
    let index = channel / CHANNELS;
    let mut start = [_mm256_setzero_si256(); VECTORS];
    let weights = op.weights.as_ptr().wrapping_add(index * layer.block);
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    let output = output.wrapping_add(first * outputs);
    // SAFETY: the caller's promise. Of one vector the other half of the block is not written.
    unsafe {
        if !ALONE {
            for (block, halves) in start.chunks_mut(2).enumerate() {
                let bias = layer.biases.as_ptr().add(index + block);
                for (start, bias) in halves.iter_mut().zip(bias.read().assume_init()) {
                    *start = bias;
                }
            }
        }
        D::products::<PIXELS, VECTORS, ALONE>(
            (patch, start),
            (weights, layer.block),
            |sums, of_weights| {
                for block in 0..VECTORS.div_ceil(2) {
                    let (low, high) = (2 * block, (2 * block + 1).min(VECTORS - 1));
                    let channel = channel + block * CHANNELS;
                    let mut of_block = [[_mm256_setzero_si256(); 2]; PIXELS];
                    for (place, sums) in of_block.iter_mut().zip(sums) {
                        *place = [sums[low], sums[high]];
                    }
                    if ALONE {
                        let bias = bias(op, channel, [of_weights[low], of_weights[high]]);
                        for sums in &mut of_block {
                            *sums = [
                                _mm256_add_epi32(sums[0], bias[0]),
                                _mm256_add_epi32(sums[1], bias[1]),
                            ];
                        }
                    }
                    write(layer, channel, output, of_block);
                }
            },
        );
    }
}

/// Writes the sixteen channels from one on of neighbouring pixels, or what there is of them.
///
/// # Safety
/// The processor has AVX2; the first pixel is at `output`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn write<const PIXELS: usize>(
    layer: &Layer<'_>,
    channel: usize,
    output: *mut i8,
    sums: [[__m256i; 2]; PIXELS],
) {
    let (op, [_, _, outputs]) = (layer.op, layer.op.window.output);
    let write = |pixel: usize, mut bytes: __m128i| {
        let output = output.wrapping_add(pixel * outputs + channel);
        // SAFETY: the caller's promise.
        unsafe {
            if let Some(adder) = &layer.adder {
                bytes = adder.to_held(bytes, output, outputs - channel);
            }
            store_i8(output, bytes, outputs - channel);
        }
    };
    let made;
    let finish = match layer.kept.get(channel / CHANNELS) {
        Some(kept) => kept,
        None => {
            made = Finish::new(&op.multipliers, &op.quant, channel);
            &made
        }
    };
    let sums = sums.into_iter().enumerate();
    match finish {
        Finish::Onnx(finish) => sums.for_each(|(pixel, sums)| write(pixel, finish.apply(sums))),
        Finish::Fixed(finish) => sums.for_each(|(pixel, sums)| write(pixel, finish.apply(sums))),
    }
}

/// The loops around dot products of int8.
trait Dot {
    /// Calls `finish` with `start` and the sums of the products of `PIXELS` pixels with the vectors from one on, of blocks of
    /// so many weights; and with the sums of the weights where `SUMS`, of one pixel.
    ///
    /// # Safety
    /// The processor has the instructions; the patch has `PIXELS` pixels, and the blocks lie at `weights`.
    unsafe fn products<const PIXELS: usize, const VECTORS: usize, const SUMS: bool>(
        inputs: (Patch<'_, i8>, [__m256i; VECTORS]),
        weights: (*const i8, usize),
        finish: impl FnOnce([[__m256i; VECTORS]; PIXELS], [__m256i; VECTORS]),
    );
}

macro_rules! loops {
    ($token:ty, $features:tt, $dot:path) => {
        impl Dot for $token {
            #[inline]
            #[target_feature(enable = $features)]
            unsafe fn products<const PIXELS: usize, const VECTORS: usize, const SUMS: bool>(
                (patch, start): (Patch<'_, i8>, [__m256i; VECTORS]),
                (mut weights, block): (*const i8, usize),
                finish: impl FnOnce([[__m256i; VECTORS]; PIXELS], [__m256i; VECTORS]),
            ) {
                let mut sums = [start; PIXELS];
                let mut of_weights = [_mm256_setzero_si256(); VECTORS];
                for (_, run) in patch.runs {
                    let run = run.wrapping_add(patch.first);
                    let mut pixels = Pixels::<_, PIXELS>::new(run, patch.step);
                    for _ in 0..patch.length.div_ceil(LANE) {
                        let x = |pixel: usize| {
                            // SAFETY: the run lies under the pixels. One that is no whole lanes is the last: its weights
                            // are filled up with zeros, its elements with whatever comes next.
                            let lane = unsafe { pixels.at(pixel).cast::<i32>().read_unaligned() };
                            _mm256_set1_epi32(lane)
                        };
                        let w = |vector: usize| {
                            let at = vector / 2 * block + vector % 2 * VECTOR;
                            // SAFETY: the run lies in the blocks.
                            unsafe { _mm256_loadu_si256(weights.wrapping_add(at).cast()) }
                        };
                        // Registers hold the weights or the elements, whichever are fewer.
                        if PIXELS > 3 {
                            let mut of_vectors = [_mm256_setzero_si256(); VECTORS];
                            for (vector, place) in of_vectors.iter_mut().enumerate() {
                                *place = w(vector);
                            }
                            for (pixel, sums) in sums.iter_mut().enumerate() {
                                let x = x(pixel);
                                for (sum, w) in sums.iter_mut().zip(of_vectors) {
                                    *sum = $dot(*sum, x, w);
                                }
                            }
                        } else {
                            let mut of_pixels = [_mm256_setzero_si256(); PIXELS];
                            for (pixel, place) in of_pixels.iter_mut().enumerate() {
                                *place = x(pixel);
                            }
                            for vector in 0..VECTORS {
                                let w = w(vector);
                                for (sums, x) in sums.iter_mut().zip(of_pixels) {
                                    sums[vector] = $dot(sums[vector], x, w);
                                }
                                if SUMS {
                                    let ones = _mm256_set1_epi8(1);
                                    of_weights[vector] = $dot(of_weights[vector], ones, w);
                                }
                            }
                        }
                        weights = weights.wrapping_add(CHANNELS * LANE);
                        pixels.advance(LANE);
                    }
                }
                finish(sums, of_weights);
            }
        }
    };
}

for_dot_products!(loops);
