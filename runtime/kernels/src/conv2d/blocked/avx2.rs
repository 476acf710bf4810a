//! AVX2 and FMA: a few pixels times 16 channels at a time. The elements under the windows of these pixels are
//! copied side by side first (int8 as i16, less the zero point, so that padding is 0 and two products make an i32), unless
//! pixels are such rows already.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::cell::Cell;
use core::mem::MaybeUninit;

use super::patch::{for_each_run, is_pointwise, overlap};
use super::{F32, I8, depth};
use crate::avx2::{Finish, LANES, eight_i32, finish_f32, store_f32, store_i8};
use crate::blocked::{CHANNELS, LANE};
use crate::overlap::in_order;
use crate::{Avx2, Window};

/// Pixels of a tile at the most: with two registers of sums each, as many as there are registers for.
const ROWS: usize = 6;
/// Elements of a tile's copy at the most, on the stack.
const SCRATCH: usize = 8192;

/// Whether the elements of a pixel fit the copy.
pub(super) fn holds(window: &Window) -> bool {
    depth(window).is_some_and(|depth| depth.next_multiple_of(LANE) <= SCRATCH)
}

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all_f32(op) }
}

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: as above.
    unsafe { all_i8(op) }
}

/// Pixels in tiles of at most `rows`, in the order that overlapping operands ask for.
fn for_each_tile<T>(
    window: &Window,
    rows: usize,
    [input, output]: [&[Cell<T>]; 2],
    mut tile: impl FnMut(usize, usize),
) {
    let [height, width, _] = window.output;
    let pixels = height * width;
    for index in in_order(pixels.div_ceil(rows), input, output) {
        let first = index * rows;
        tile(first, rows.min(pixels - first));
    }
}

/// Rows of a tile, given the length of one.
fn rows(most: usize, length: usize) -> usize {
    (SCRATCH / length.max(1)).clamp(1, most)
}

/// # Safety
/// The processor has AVX2 and FMA; the lengths of the operands fit the window.
#[target_feature(enable = "avx2,fma")]
unsafe fn all_f32(op: &F32<'_>) {
    let window = &op.window;
    let length = window.taps() * window.input[2];
    let is_direct = is_pointwise(window) && !overlap(op.input, op.output);
    let rows = if is_direct { ROWS } else { rows(ROWS, length) };
    let mut scratch = [const { MaybeUninit::<f32>::uninit() }; SCRATCH];
    for_each_tile(window, rows, [op.input, op.output], |first, count| {
        let patch = if is_direct {
            // SAFETY: pixel `first` is one of the input.
            unsafe { op.input.as_ptr().cast::<f32>().add(first * length) }
        } else {
            let patch = scratch.as_mut_ptr().cast::<f32>();
            for row in 0..count {
                // SAFETY: `rows` rows of this length fit the scratch.
                unsafe { copy_f32(op, first + row, patch.add(row * length)) };
            }
            patch.cast_const()
        };
        // SAFETY: `count` rows of `length` lie at `patch`, and the caller's promise.
        unsafe {
            match count {
                1 => tile_f32::<1>(op, patch, length, first),
                2 => tile_f32::<2>(op, patch, length, first),
                3 => tile_f32::<3>(op, patch, length, first),
                4 => tile_f32::<4>(op, patch, length, first),
                5 => tile_f32::<5>(op, patch, length, first),
                _ => tile_f32::<6>(op, patch, length, first),
            }
        }
    });
}

/// Copies what lies under the window of a pixel.
///
/// # Safety
/// `to` is valid for writes of as many elements as the window has.
#[target_feature(enable = "avx2,fma")]
unsafe fn copy_f32(op: &F32<'_>, pixel: usize, to: *mut f32) {
    let (width, from) = (op.window.output[1], op.input.as_ptr().cast::<f32>());
    let mut to = to;
    for_each_run(&op.window, pixel / width, pixel % width, |first, count| {
        // SAFETY: runs lie within the input, and all of them together are as long as the window; the copy is not
        // a part of any operand.
        unsafe {
            match first {
                Some(first) => from.add(first).copy_to_nonoverlapping(to, count),
                None => to.write_bytes(0, count),
            }
            to = to.add(count);
        }
    });
}

/// All channels of `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`all_f32`]; `ROWS` rows of `length` elements lie at `patch`.
#[target_feature(enable = "avx2,fma")]
unsafe fn tile_f32<const ROWS: usize>(
    op: &F32<'_>,
    patch: *const f32,
    length: usize,
    first: usize,
) {
    let [_, _, outputs] = op.window.output;
    for block in 0..outputs.div_ceil(CHANNELS) {
        let channel = block * CHANNELS;
        let left = outputs - channel;
        // SAFETY: the block is one of the weights; the rows are the caller's promise.
        unsafe {
            let weights = op.weights.as_ptr().add(channel * length);
            let output = op
                .output
                .as_ptr()
                .cast::<f32>()
                .cast_mut()
                .add(first * outputs + channel);
            if left <= LANES {
                let sums = product_f32::<ROWS, 1>(patch, length, weights);
                for (row, [low]) in sums.into_iter().enumerate() {
                    let low = finish_f32(&op.epilogue, low, channel);
                    store_f32(output.add(row * outputs), low, left);
                }
                continue;
            }
            let sums = if ROWS == 1 {
                [alone_f32(patch, length, weights); ROWS]
            } else {
                product_f32::<ROWS, 2>(patch, length, weights)
            };
            for (row, [low, high]) in sums.into_iter().enumerate() {
                let low = finish_f32(&op.epilogue, low, channel);
                let high = finish_f32(&op.epilogue, high, channel + LANES);
                store_f32(output.add(row * outputs), low, LANES);
                store_f32(output.add(row * outputs + LANES), high, left - LANES);
            }
        }
    }
}

/// Sums of `ROWS` rows with the first `HALVES * 8` channels of a block.
///
/// # Safety
/// The processor has AVX2 and FMA; `ROWS * length` elements lie at `patch`, a block at `weights`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn product_f32<const ROWS: usize, const HALVES: usize>(
    patch: *const f32,
    length: usize,
    weights: *const f32,
) -> [[__m256; HALVES]; ROWS] {
    let mut sums = [[_mm256_setzero_ps(); HALVES]; ROWS];
    for k in 0..length {
        // SAFETY: the caller's promise.
        unsafe {
            let mut w = [_mm256_setzero_ps(); HALVES];
            for (half, w) in w.iter_mut().enumerate() {
                *w = _mm256_loadu_ps(weights.add(k * CHANNELS + half * LANES));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = _mm256_broadcast_ss(&*patch.add(row * length + k));
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = _mm256_fmadd_ps(x, w, *sum);
                }
            }
        }
    }
    sums
}

/// As [`product_f32`] of one row, with four sums of each channel, so that additions need not wait for each other.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn alone_f32(patch: *const f32, length: usize, weights: *const f32) -> [__m256; 2] {
    let mut sums = [[_mm256_setzero_ps(); 2]; 4];
    let whole = length / 4 * 4;
    // SAFETY: the caller's promise.
    unsafe {
        let add = |sums: &mut [__m256; 2], k: usize| {
            let x = _mm256_broadcast_ss(&*patch.add(k));
            for (half, sum) in sums.iter_mut().enumerate() {
                let w = _mm256_loadu_ps(weights.add(k * CHANNELS + half * LANES));
                *sum = _mm256_fmadd_ps(x, w, *sum);
            }
        };
        for k in (0..whole).step_by(4) {
            for (ahead, sums) in sums.iter_mut().enumerate() {
                add(sums, k + ahead);
            }
        }
        for k in whole..length {
            add(&mut sums[0], k);
        }
    }
    let [a, b, c, d] = sums;
    let sum = |half: usize| {
        _mm256_add_ps(
            _mm256_add_ps(a[half], b[half]),
            _mm256_add_ps(c[half], d[half]),
        )
    };
    [sum(0), sum(1)]
}

/// # Safety
/// As [`all_f32`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all_i8(op: &I8<'_>) {
    let window = &op.window;
    let length = (window.taps() * window.input[2]).next_multiple_of(LANE);
    let mut scratch = [const { MaybeUninit::<i16>::uninit() }; SCRATCH];
    let patch = scratch.as_mut_ptr().cast::<i16>();
    for_each_tile(
        window,
        rows(ROWS, length),
        [op.input, op.output],
        |first, count| {
            for row in 0..count {
                // SAFETY: `rows` rows of this length fit the scratch.
                unsafe { copy_i8(op, first + row, patch.add(row * length), length) };
            }
            // SAFETY: `count` rows of `length` lie at `patch`, and the caller's promise.
            unsafe {
                match count {
                    1 => tile_i8::<1>(op, patch, length, first),
                    2 => tile_i8::<2>(op, patch, length, first),
                    3 => tile_i8::<3>(op, patch, length, first),
                    4 => tile_i8::<4>(op, patch, length, first),
                    5 => tile_i8::<5>(op, patch, length, first),
                    _ => tile_i8::<6>(op, patch, length, first),
                }
            }
        },
    );
}

/// Copies what lies under the window of a pixel, less the zero point, and fills up with zeros to `length`.
///
/// # Safety
/// `to` is valid for writes of `length` elements, which is at least as many as the window has.
#[target_feature(enable = "avx2,fma")]
unsafe fn copy_i8(op: &I8<'_>, pixel: usize, to: *mut i16, length: usize) {
    let (width, from) = (op.window.output[1], op.input.as_ptr().cast::<i8>());
    let zero_point = op.quant.input_zero_point as i16;
    let zero_points = _mm256_set1_epi16(zero_point);
    let mut done = 0;
    for_each_run(&op.window, pixel / width, pixel % width, |first, count| {
        // SAFETY: runs lie within the input, and all of them together are as long as the window.
        unsafe {
            let to = to.add(done);
            match first {
                Some(first) => {
                    let from = from.add(first);
                    let mut index = 0;
                    while index + 16 <= count {
                        let x = _mm256_cvtepi8_epi16(_mm_loadu_si128(from.add(index).cast()));
                        let x = _mm256_sub_epi16(x, zero_points);
                        _mm256_storeu_si256(to.add(index).cast(), x);
                        index += 16;
                    }
                    while index + 4 <= count {
                        let four = from.add(index).cast::<i32>().read_unaligned();
                        let x = _mm_cvtepi8_epi16(_mm_cvtsi32_si128(four));
                        let x = _mm_sub_epi16(x, _mm256_castsi256_si128(zero_points));
                        _mm_storel_epi64(to.add(index).cast(), x);
                        index += 4;
                    }
                    for index in index..count {
                        to.add(index)
                            .write(i16::from(*from.add(index)) - zero_point);
                    }
                }
                None => to.write_bytes(0, count),
            }
        }
        done += count;
    });
    // SAFETY: the caller's promise.
    unsafe { to.add(done).write_bytes(0, length - done) };
}

/// All channels of `ROWS` pixels from `first` on.
///
/// # Safety
/// As [`all_i8`]; `ROWS` rows of `length` elements lie at `patch`.
#[target_feature(enable = "avx2,fma")]
unsafe fn tile_i8<const ROWS: usize>(op: &I8<'_>, patch: *const i16, length: usize, first: usize) {
    let [_, _, outputs] = op.window.output;
    let bias = op.bias.unwrap_or_default();
    for channel in (0..outputs).step_by(LANES) {
        let (block, half) = (channel / CHANNELS * CHANNELS, channel % CHANNELS);
        let finish = Finish::new(&op.multipliers, &op.quant, channel);
        let bias = eight_i32(bias, channel);
        // SAFETY: the block is one of the weights; the rows are the caller's promise.
        unsafe {
            let weights = op.weights.as_ptr().add(block * length + half * LANE);
            let output = op
                .output
                .as_ptr()
                .cast::<i8>()
                .cast_mut()
                .add(first * outputs + channel);
            let sums = product_i8::<ROWS>(patch, length, weights);
            for (row, [low, high]) in sums.into_iter().enumerate() {
                let sums = _mm256_hadd_epi32(low, high);
                let sums = _mm256_permute4x64_epi64::<0b11_01_10_00>(sums);
                let value = finish.apply(_mm256_add_epi32(sums, bias));
                store_i8(output.add(row * outputs), value, outputs - channel);
            }
        }
    }
}

/// Sums of `ROWS` rows with eight channels of a block: two of each channel, side by side.
///
/// # Safety
/// The processor has AVX2; `ROWS * length` elements lie at `patch`, half a block's first lane at `weights`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn product_i8<const ROWS: usize>(
    patch: *const i16,
    length: usize,
    weights: *const i8,
) -> [[__m256i; 2]; ROWS] {
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    for k in (0..length).step_by(LANE) {
        // SAFETY: the caller's promise.
        unsafe {
            let weights = weights.add(k * CHANNELS);
            let low = _mm256_cvtepi8_epi16(_mm_loadu_si128(weights.cast()));
            let high = _mm256_cvtepi8_epi16(_mm_loadu_si128(weights.add(16).cast()));
            for (row, [low_sum, high_sum]) in sums.iter_mut().enumerate() {
                let lane = patch.add(row * length + k).cast::<i64>().read_unaligned();
                let x = _mm256_set1_epi64x(lane);
                *low_sum = _mm256_add_epi32(*low_sum, _mm256_madd_epi16(low, x));
                *high_sum = _mm256_add_epi32(*high_sum, _mm256_madd_epi16(high, x));
            }
        }
    }
    sums
}
