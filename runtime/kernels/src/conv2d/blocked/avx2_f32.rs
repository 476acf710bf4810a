//! AVX2 and FMA in f32: a few pixels of a row times 16 channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::F32;
use super::block::{Block, Short, Taps};
use crate::avx2::{FinishF32, LANES, clamp, copy_f32, load_f32, store_f32};
use crate::blocked::CHANNELS;
use crate::overlap::is_apart;
use crate::rows::{Band, Rows, Scratch, Strip, flattened};
use crate::{Avx2, Weight};

/// Pixels of a tile at the most, with two registers of sums each: as many as there are registers for.
const ROWS: usize = 6;
/// The same with one register each: as many as keep the multipliers busy.
const NARROW_ROWS: usize = 8;
/// Elements of the rows that are held, on the stack.
pub(super) const SCRATCH: usize = 8192;

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the lengths of the operands fit the window, which fits the scratch memory.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let window = flattened(&op.window);
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = Scratch::<_, SCRATCH>::new();
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&window, &mut scratch.0, in_place, 0) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { copy_f32(input.add(from), to, count) }
    };
    let mut short = Short::new();
    rows.for_each_band((op.input, op.output), copy, |band| {
        short.set(&window, band);
        // SAFETY: the band is one of this window's.
        unsafe { band_of(&F32 { window, ..*op }, band, &short) }
    });
}

/// # Safety
/// As [`all`]; the band is one of the window's, and so are its short runs.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn band_of<W: Weight>(op: &F32<'_, f32, W>, band: &Band<f32>, short: &Short<f32>) {
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let sum = op.sum.map(|it| it.map(|bound| _mm256_set1_ps(bound)));
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        let weights = (op.weights.as_ptr(), 1);
        let finish = [channel, channel + LANES].map(|it| FinishF32::new(&op.epilogue, it));
        for (taps, under, strip) in short.strips(band) {
            let sixteen = Sixteen {
                block: Block::new(&op.window, (&under, strip), weights, output, channel),
                taps,
                finish: &finish,
                sum,
            };
            // SAFETY: the strip is the caller's, the block is one of the weights.
            unsafe { sixteen.tiles(strip) };
        }
    }
}

/// Sixteen channels of a strip.
struct Sixteen<'a, W> {
    block: Block<'a, f32, W, f32>,
    taps: Taps<'a, f32>,
    finish: &'a [FinishF32; 2],
    /// Bounds of the sum with what the output holds, where that is added.
    sum: Option<[__m256; 2]>,
}

impl<W: Weight> Sixteen<'_, W> {
    /// # Safety
    /// The processor has AVX2, FMA and F16C; the strip is the rows'.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn tiles(&self, strip: Strip) {
        if self.block.left <= LANES {
            for (first, count) in strip.tiles(NARROW_ROWS) {
                // SAFETY: the tile is a part of the strip.
                unsafe {
                    match count {
                        1 => self.tile::<1, 1>(first),
                        2 => self.tile::<2, 1>(first),
                        3 => self.tile::<3, 1>(first),
                        4 => self.tile::<4, 1>(first),
                        5 => self.tile::<5, 1>(first),
                        6 => self.tile::<6, 1>(first),
                        7 => self.tile::<7, 1>(first),
                        _ => self.tile::<8, 1>(first),
                    }
                }
            }
            return;
        }
        for (first, count) in strip.tiles(ROWS) {
            // SAFETY: the tile is a part of the strip.
            unsafe {
                match count {
                    1 => self.alone(first),
                    2 => self.tile::<2, 2>(first),
                    3 => self.tile::<3, 2>(first),
                    4 => self.tile::<4, 2>(first),
                    5 => self.tile::<5, 2>(first),
                    _ => self.tile::<6, 2>(first),
                }
            }
        }
    }

    /// Makes `PIXELS` pixels of the strip from `first` on, `HALVES * 8` channels or what is left of them.
    ///
    /// # Safety
    /// The processor has AVX2, FMA and F16C; the pixels are in the strip.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn tile<const PIXELS: usize, const HALVES: usize>(&self, first: usize) {
        let mut sums = [[_mm256_setzero_ps(); HALVES]; PIXELS];
        let step = self.block.pixel_step;
        let taps = self.taps.taps;
        let mut w = self.block.weights_of(self.taps);
        for tap in taps {
            // SAFETY: the tap lies under the pixels, and in the block.
            unsafe { add(&mut sums, tap.wrapping_add(first * step), step, w) };
            w = w.wrapping_add(CHANNELS);
        }
        if taps.is_empty() {
            self.block.for_each_run(first, |mut x, mut w| {
                // There is one: that is not asked before, where the compiler keeps all sums twice.
                let mut left = self.block.length.max(1);
                loop {
                    // SAFETY: the run lies under the pixels, and in the block.
                    unsafe { add(&mut sums, x, step, w) };
                    (x, w) = (x.wrapping_add(1), w.wrapping_add(CHANNELS));
                    left -= 1;
                    if left == 0 {
                        break;
                    }
                }
            });
        }
        // SAFETY: the pixels are in the output.
        unsafe { self.store(first, sums) };
    }

    /// One pixel, with four sums of each channel, so that additions need not wait for each other.
    ///
    /// # Safety
    /// As [`tile`](Self::tile).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn alone(&self, first: usize) {
        let mut sums = [[_mm256_setzero_ps(); 2]; 4];
        self.block.for_each_run(first, |mut x, mut weights| {
            let add = |sums: &mut [__m256; 2], x: *const f32, w: *const W| {
                // SAFETY: the run lies under the pixel, and in the block.
                unsafe {
                    let x = _mm256_broadcast_ss(&*x);
                    for (half, sum) in sums.iter_mut().enumerate() {
                        let w = W::eight(w.add(half * LANES));
                        *sum = _mm256_fmadd_ps(x, w, *sum);
                    }
                }
            };
            let mut left = self.block.length;
            while left >= 4 {
                for (ahead, sums) in sums.iter_mut().enumerate() {
                    add(
                        sums,
                        x.wrapping_add(ahead),
                        weights.wrapping_add(ahead * CHANNELS),
                    );
                }
                (x, weights) = (x.wrapping_add(4), weights.wrapping_add(4 * CHANNELS));
                left -= 4;
            }
            while left > 0 {
                add(&mut sums[0], x, weights);
                (x, weights) = (x.wrapping_add(1), weights.wrapping_add(CHANNELS));
                left -= 1;
            }
        });
        let [a, b, c, d] = sums;
        let sums = [0, 1].map(|half| {
            let [left, right] = [
                _mm256_add_ps(a[half], b[half]),
                _mm256_add_ps(c[half], d[half]),
            ];
            _mm256_add_ps(left, right)
        });
        // SAFETY: the pixel is in the output.
        unsafe { self.store(first, [sums]) };
    }

    /// Finishes the pixels from `first` on.
    ///
    /// # Safety
    /// The pixels are in the strip.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn store<const PIXELS: usize, const HALVES: usize>(
        &self,
        first: usize,
        sums: [[__m256; HALVES]; PIXELS],
    ) {
        let is_whole = self.block.left >= HALVES * LANES;
        for (pixel, sums) in sums.into_iter().enumerate() {
            let output = self.block.output(first + pixel);
            for ((half, sum), finish) in sums.into_iter().enumerate().zip(self.finish) {
                let lane = half * LANES;
                let (output, mut value) = (output.wrapping_add(lane), finish.apply(sum));
                // SAFETY: the caller's promise.
                unsafe {
                    if let Some(bounds) = self.sum {
                        let held = load_f32(output, self.block.left - lane);
                        value = clamp(_mm256_add_ps(value, held), bounds);
                    }
                    match is_whole {
                        true => _mm256_storeu_ps(output, value),
                        false => store_f32(output, value, self.block.left - lane),
                    }
                }
            }
        }
    }
}

/// Adds the products of the element at `x`, and of those `step` further on for each pixel, with weights.
///
/// # Safety
/// The processor has AVX2, FMA and F16C; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn add<const PIXELS: usize, const HALVES: usize, W: Weight>(
    sums: &mut [[__m256; HALVES]; PIXELS],
    x: *const f32,
    step: usize,
    weights: *const W,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut w = [_mm256_setzero_ps(); HALVES];
        for (half, w) in w.iter_mut().enumerate() {
            *w = W::eight(weights.add(half * LANES));
        }
        for (pixel, sums) in sums.iter_mut().enumerate() {
            let x = _mm256_broadcast_ss(&*x.add(pixel * step));
            for (sum, w) in sums.iter_mut().zip(w) {
                *sum = _mm256_fmadd_ps(x, w, *sum);
            }
        }
    }
}
