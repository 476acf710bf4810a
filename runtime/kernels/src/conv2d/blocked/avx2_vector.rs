//! AVX2 for one pixel alone, which a fully connected layer of one sample is: a matrix times a vector, some blocks of
//! channels at a time, so that each element of the vector is loaded for as many registers of sums.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::block::Block;
use super::{F32, I8, avx2_f32, avx2_i8};
use crate::avx2::{
    Finish, FinishF32, LANES, clamp, eight_i32, load_f32, store_f32, store_i8, widen,
};
use crate::blocked::{CHANNELS, PAIR};
use crate::overlap::is_apart;
use crate::rows::{Strip, Under};
use crate::{Avx2, Weight, Window};

/// Blocks at a time in int8.
const BLOCKS: usize = 2;

/// Whether the window is one over a pixel, and there is but one, whose elements the stack has room for.
pub(super) fn holds(window: &Window) -> bool {
    let ([height, width, _], [_, _, channels]) = (window.output, window.input);
    let most = avx2_f32::SCRATCH.min(avx2_i8::SCRATCH);
    height * width == 1 && window.is_pointwise() && channels < most
}

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all_f32(op) }
}

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all_i8(op) }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the lengths of the operands fit the window, which is one that [`holds`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn all_f32<W: Weight>(op: &F32<'_, f32, W>) {
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = [const { MaybeUninit::<f32>::uninit() }; avx2_f32::SCRATCH];
    let mut x = input;
    if !is_apart(op.input, op.output) {
        let copy = scratch.as_mut_ptr().cast::<f32>();
        // SAFETY: the scratch memory has room for the elements.
        unsafe { input.copy_to_nonoverlapping(copy, op.input.len()) };
        x = copy;
    }
    let rows = [(0, x)];
    let pixel = Strip { pixel: 0, count: 1 };
    // SAFETY: the vector lies at `x`; the rest is the caller's promise.
    unsafe { pixel_f32(op, &Under::of(&rows), pixel) };
}

/// All channels of one pixel, with the rows under it: several blocks at a time, so that additions need not wait for each
/// other, and each sum in the order of the depth.
///
/// # Safety
/// The processor has AVX2, FMA and F16C; the pixel is one of the window's.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) unsafe fn pixel_f32<W: Weight>(
    op: &F32<'_, f32, W>,
    under: &Under<'_, f32>,
    pixel: Strip,
) {
    let outputs = op.window.output[2];
    let mut channel = 0;
    // SAFETY: the caller's promise.
    unsafe {
        while channel + 3 * CHANNELS < outputs {
            blocks_f32::<4, W>(op, under, pixel, channel);
            channel += 4 * CHANNELS;
        }
        if channel + CHANNELS < outputs {
            blocks_f32::<2, W>(op, under, pixel, channel);
            channel += 2 * CHANNELS;
        }
        if channel < outputs {
            blocks_f32::<1, W>(op, under, pixel, channel);
        }
    }
}

/// The blocks from the one on that begins at a channel.
///
/// # Safety
/// As [`pixel_f32`]; the blocks are in the layer.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn blocks_f32<const BLOCKS: usize, W: Weight>(
    op: &F32<'_, f32, W>,
    under: &Under<'_, f32>,
    pixel: Strip,
    channel: usize,
) {
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let weights = (op.weights.as_ptr(), 1);
    let block = Block::new(&op.window, (under, pixel), weights, output, channel);
    let next = op.window.taps() * op.window.input[2] * CHANNELS;
    let mut sums = [[_mm256_setzero_ps(); 2]; BLOCKS];
    block.for_each_run(0, |mut x, mut w| {
        for _ in 0..block.length {
            // SAFETY: the element lies under the pixel, as do its weights in the blocks.
            unsafe {
                let element = _mm256_broadcast_ss(&*x);
                for (index, sums) in sums.iter_mut().enumerate() {
                    for (half, sum) in sums.iter_mut().enumerate() {
                        let w = W::eight(w.add(index * next + half * LANES));
                        *sum = _mm256_fmadd_ps(element, w, *sum);
                    }
                }
            }
            (x, w) = (x.wrapping_add(1), w.wrapping_add(CHANNELS));
        }
    });
    for (index, sum) in sums.as_flattened().iter().enumerate() {
        let lane = index * LANES;
        let (output, left) = (
            block.output(0).wrapping_add(lane),
            block.left.saturating_sub(lane),
        );
        let mut value = FinishF32::new(&op.epilogue, channel + lane).apply(*sum);
        // SAFETY: so many channels are in the output.
        unsafe {
            if let Some(bounds) = op.sum {
                let bounds = bounds.map(|bound| _mm256_set1_ps(bound));
                value = clamp(_mm256_add_ps(value, load_f32(output, left)), bounds);
            }
            store_f32(output, value, left);
        }
    }
}

/// # Safety
/// As [`all_f32`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all_i8(op: &I8<'_>) {
    let (depth, outputs) = (op.input.len(), op.window.output[2]);
    let mut scratch = [const { MaybeUninit::<i16>::uninit() }; avx2_i8::SCRATCH];
    let x = scratch.as_mut_ptr().cast::<i16>();
    let zero_point = op.quant.input_zero_point as i16;
    let mut channel = 0;
    // SAFETY: the scratch memory has room for the elements, and one that fills up an odd number; the rest is the
    // caller's promise.
    unsafe {
        widen(op.input.as_ptr().cast(), x, depth, zero_point);
        x.add(depth).write(0);
        while channel + (BLOCKS - 1) * CHANNELS < outputs {
            blocks_i8::<BLOCKS>(op, x, channel);
            channel += BLOCKS * CHANNELS;
        }
        if channel < outputs {
            blocks_i8::<1>(op, x, channel);
        }
    }
}

/// As [`blocks_f32`], with the vector in i16, less its zero point.
///
/// # Safety
/// The processor has AVX2; the vector lies at `x`, the blocks are in the layer; pairs of elements are whole.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn blocks_i8<const BLOCKS: usize>(op: &I8<'_>, x: *const i16, channel: usize) {
    let (depth, outputs) = (op.input.len(), op.window.output[2]);
    let pairs = depth.div_ceil(PAIR);
    let block = pairs * PAIR * CHANNELS;
    let weights = op.weights.as_ptr().wrapping_add(channel * pairs * PAIR);
    let bias = op.bias.unwrap_or_default();
    let mut sums = [[_mm256_setzero_si256(); 2]; BLOCKS];
    for pair in 0..pairs {
        // SAFETY: the pair and its weights are there.
        unsafe {
            let x = _mm256_set1_epi32(x.add(pair * PAIR).cast::<i32>().read_unaligned());
            let weights = weights.add(pair * PAIR * CHANNELS);
            for (index, sums) in sums.iter_mut().enumerate() {
                for (half, sum) in sums.iter_mut().enumerate() {
                    let w = weights.add(index * block + half * PAIR * LANES);
                    let w = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.cast()));
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(w, x));
                }
            }
        }
    }
    for (index, sums) in sums.into_iter().enumerate() {
        let channel = channel + index * CHANNELS;
        let [low, high] = sums;
        let sums = [
            _mm256_add_epi32(low, eight_i32(bias, channel)),
            _mm256_add_epi32(high, eight_i32(bias, channel + LANES)),
        ];
        let bytes = match Finish::new(&op.multipliers, &op.quant, channel) {
            Finish::Onnx(finish) => finish.apply(sums),
            Finish::Fixed(finish) => finish.apply(sums),
        };
        let output = op.output.as_ptr().cast::<i8>().cast_mut();
        // SAFETY: so many channels are in the output.
        unsafe { store_i8(output.wrapping_add(channel), bytes, outputs - channel) };
    }
}
