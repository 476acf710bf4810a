//! AVX2 in int8, on weights in pairs: a few pixels of a row times 16 channels at a time. The input is converted to
//! i16, less its zero point, so that padding is 0; two products make an i32.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::block::{Block, Short, Taps};
use crate::Avx2;
use crate::avx2::{Finish, LANES, eight_i32, store_i8, widen};
use crate::blocked::{CHANNELS, PAIR};
use crate::rows::{Band, Rows, Strip, flattened};

/// Pixels of a tile at the most: with two registers of sums each, as many as there are registers for.
const ROWS: usize = 6;
/// Elements of the rows that are held, on the stack.
pub(super) const SCRATCH: usize = 8192;

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2; the lengths of the operands fit the window, which fits the scratch memory.
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>) {
    let window = flattened(&op.window);
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let Some(mut rows) = Rows::new(&window, &mut scratch, None) else {
        return;
    };
    let zero_point = op.quant.input_zero_point as i16;
    let copy = |from: usize, to: *mut i16, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { widen(input.add(from), to, count, zero_point) }
    };
    let mut short = Short::new();
    rows.for_each_band((op.input, op.output), copy, |band| {
        short.set(&window, band, PAIR);
        // SAFETY: the band is one of this window's.
        unsafe { band_of(&I8 { window, ..*op }, band, &short) }
    });
}

/// # Safety
/// As [`all`]; the band is one of the window's, and so are its short runs.
#[target_feature(enable = "avx2,fma")]
unsafe fn band_of(op: &I8<'_>, band: &Band<i16>, short: &Short<i16>) {
    let bias = op.bias.unwrap_or_default();
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    for channel in (0..op.window.output[2]).step_by(CHANNELS) {
        let weights = (op.weights.as_ptr(), PAIR);
        let bias = [channel, channel + LANES].map(|channel| eight_i32(bias, channel));
        let finish = Finish::new(&op.multipliers, &op.quant, channel);
        for (taps, under, strip) in short.strips(band) {
            let sixteen = Sixteen {
                block: Block::new(&op.window, (&under, strip), weights, output, channel),
                taps,
                bias,
            };
            // SAFETY: the strip is the caller's, the block is one of the weights.
            unsafe {
                match &finish {
                    Finish::Onnx(finish) => sixteen.tiles(strip, |sums| finish.apply(sums)),
                    Finish::Fixed(finish) => sixteen.tiles(strip, |sums| finish.apply(sums)),
                }
            }
        }
    }
}

/// Sixteen channels of a strip.
struct Sixteen<'a> {
    block: Block<'a, i16, i8, i8>,
    taps: Taps<'a, i16>,
    bias: [__m256i; 2],
}

impl Sixteen<'_> {
    /// # Safety
    /// The processor has AVX2; the strip is the rows'.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tiles(&self, strip: Strip, finish: impl Fn([__m256i; 2]) -> __m128i) {
        for (first, count) in strip.tiles(ROWS) {
            // SAFETY: the tile is a part of the strip.
            unsafe {
                match (count, self.block.left <= LANES) {
                    (1, true) => self.tile::<1, 1>(first, &finish),
                    (2, true) => self.tile::<2, 1>(first, &finish),
                    (3, true) => self.tile::<3, 1>(first, &finish),
                    (4, true) => self.tile::<4, 1>(first, &finish),
                    (5, true) => self.tile::<5, 1>(first, &finish),
                    (_, true) => self.tile::<6, 1>(first, &finish),
                    (1, false) => self.tile::<1, 2>(first, &finish),
                    (2, false) => self.tile::<2, 2>(first, &finish),
                    (3, false) => self.tile::<3, 2>(first, &finish),
                    (4, false) => self.tile::<4, 2>(first, &finish),
                    (5, false) => self.tile::<5, 2>(first, &finish),
                    (_, false) => self.tile::<6, 2>(first, &finish),
                }
            }
        }
    }

    /// Makes `PIXELS` pixels of the strip from `first` on, `HALVES * 8` channels or what is left of them.
    ///
    /// # Safety
    /// The processor has AVX2; the pixels are in the strip.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const PIXELS: usize, const HALVES: usize>(
        &self,
        first: usize,
        finish: impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let mut sums = [[self.bias[0], self.bias[HALVES - 1]]; PIXELS];
        let Block {
            length, pixel_step, ..
        } = self.block;
        // What follows lies under the pixels, and in the block. An odd run is filled up: its weights with zeros, its
        // elements with whatever comes next.
        let taps = self.taps.taps;
        let mut w = self.block.weights_of(self.taps, PAIR);
        for tap in taps {
            let x = tap.wrapping_add(first * pixel_step);
            // SAFETY: see above.
            unsafe { add_pair::<PIXELS, HALVES>(&mut sums, x, pixel_step, w) };
            w = w.wrapping_add(PAIR * CHANNELS);
        }
        if taps.is_empty() {
            self.block.for_each_run(first, |x, w| {
                // SAFETY: see above.
                unsafe { add::<PIXELS, HALVES>(&mut sums, x, length, pixel_step, w) };
            });
        }
        for (pixel, sums) in sums.into_iter().enumerate() {
            let output = self.block.output(first + pixel);
            // SAFETY: the pixels are in the output.
            unsafe { store_i8(output, finish(sums), self.block.left) };
        }
    }
}

/// Adds the products of `length` elements at `x`, and of those `step` further on for each pixel, with weights in pairs.
///
/// # Safety
/// The processor has AVX2; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add<const PIXELS: usize, const HALVES: usize>(
    sums: &mut [[__m256i; 2]; PIXELS],
    mut x: *const i16,
    length: usize,
    step: usize,
    mut w: *const i8,
) {
    let mut pairs = length / PAIR;
    // A pixel alone leaves little to do for each pair but to count.
    while PIXELS == 1 && pairs >= 4 {
        // SAFETY: the caller's promise.
        unsafe {
            for ahead in 0..4 {
                let (x, w) = (x.add(ahead * PAIR), w.add(ahead * PAIR * CHANNELS));
                add_pair::<PIXELS, HALVES>(sums, x, step, w);
            }
            (x, w) = (x.add(4 * PAIR), w.add(4 * PAIR * CHANNELS));
        }
        pairs -= 4;
    }
    while pairs > 0 {
        // SAFETY: the caller's promise.
        unsafe {
            add_pair::<PIXELS, HALVES>(sums, x, step, w);
            (x, w) = (x.add(PAIR), w.add(PAIR * CHANNELS));
        }
        pairs -= 1;
    }
}

/// As [`add`], for one pair.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_pair<const PIXELS: usize, const HALVES: usize>(
    sums: &mut [[__m256i; 2]; PIXELS],
    x: *const i16,
    step: usize,
    w: *const i8,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let low = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.cast()));
        let high = match HALVES {
            1 => low,
            _ => _mm256_cvtepi8_epi16(_mm_loadu_si128(w.add(16).cast())),
        };
        for (pixel, sums) in sums.iter_mut().enumerate() {
            let pair = x.add(pixel * step).cast::<i32>().read_unaligned();
            let x = _mm256_set1_epi32(pair);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(low, x));
            if HALVES == 2 {
                sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(high, x));
            }
        }
    }
}
