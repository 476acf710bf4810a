//! AVX2 in int8, on weights in pairs: a few pixels of a row times 16 channels at a time. The input is converted to
//! i16, less its zero point, so that padding is 0; two products make an i32.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::I8;
use super::block::Block;
use super::pixels::{Pixels, by_pixels};
use crate::Avx2;
use crate::add::avx2::Adder;
use crate::avx2::{Finish, LANES, eight_i32, store_i8, widen};
use crate::blocked::{CHANNELS, PAIR};
use crate::rows::{Band, Rows, Scratch, Strip, flattened};

/// Pixels of a tile at the most: with two registers of sums each, as many as there are registers for.
const ROWS: usize = 6;
/// The same with one register each.
const NARROW_ROWS: usize = 12;
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
    let mut scratch = Scratch::<_, SCRATCH>::new();
    let Some(mut rows) = Rows::new(&window, &mut scratch.0, None, 0) else {
        return;
    };
    let zero_point = op.quant.input_zero_point as i16;
    let copy = |from: usize, to: *mut i16, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { widen(input.add(from), to, count, zero_point) }
    };
    rows.for_each_band((op.input, op.output), copy, |band| {
        // SAFETY: the band is one of this window's.
        unsafe { band_of(&I8 { window, ..*op }, band) }
    });
}

/// # Safety
/// As [`all`]; the band is one of the window's.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn band_of(op: &I8<'_>, band: &Band<i16>) {
    let bias = op.bias.unwrap_or_default();
    let outputs = op.window.output[2];
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    let adder = op.sum.map(|sum| Adder::new(sum));
    let adder = adder.as_ref();
    for channel in (0..outputs).step_by(CHANNELS) {
        let weights = (op.weights.as_ptr(), PAIR);
        // Where a pixel is eight channels, two of them are sixteen.
        let halves = match outputs {
            LANES => [channel; 2],
            _ => [channel, channel + LANES],
        };
        let bias = halves.map(|channel| eight_i32(bias, channel));
        let finish = Finish::of_halves(&op.multipliers, &op.quant, halves);
        for (under, strip) in band.strips() {
            let sixteen = Sixteen {
                block: Block::new(&op.window, (&under, strip), weights, output, channel),
                bias,
            };
            // Without a sum there is no call between the outputs of a tile, and their sums stay in registers.
            // SAFETY: the strip is the caller's, the block is one of the weights; outputs are as many as `store` is told.
            unsafe {
                match (&finish, adder) {
                    (Finish::Onnx(finish), None) => {
                        sixteen.tiles(strip, |output, sums, count| {
                            store_i8(output, finish.apply(sums), count);
                        });
                    }
                    (Finish::Onnx(finish), adder) => {
                        sixteen.tiles(strip, |output, sums, count| {
                            store(adder, output, finish.apply(sums), count);
                        });
                    }
                    (Finish::Fixed(finish), adder) => {
                        sixteen.tiles(strip, |output, sums, count| {
                            store(adder, output, finish.apply(sums), count);
                        });
                    }
                }
            }
        }
    }
}

/// Sixteen channels of a strip, or what is left of them. `finish` writes so many of the outputs of two halves of sums.
struct Sixteen<'a> {
    block: Block<'a, i16, i8, i8>,
    bias: [__m256i; 2],
}

impl Sixteen<'_> {
    /// # Safety
    /// The processor has AVX2; the strip is the rows'.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tiles(&self, strip: Strip, finish: impl Fn(*mut i8, [__m256i; 2], usize)) {
        // SAFETY: the tiles are parts of the strip.
        unsafe {
            if self.block.left <= LANES {
                for (first, count) in strip.tiles(NARROW_ROWS) {
                    by_pixels!(count, narrow(self, first, &finish));
                }
                return;
            }
            for (first, count) in strip.tiles(ROWS) {
                match count {
                    1 => self.tile::<1>(first, &finish),
                    2 => self.tile::<2>(first, &finish),
                    3 => self.tile::<3>(first, &finish),
                    4 => self.tile::<4>(first, &finish),
                    5 => self.tile::<5>(first, &finish),
                    _ => self.tile::<6>(first, &finish),
                }
            }
        }
    }

    /// Makes `PIXELS` pixels of the strip from `first` on.
    ///
    /// # Safety
    /// The processor has AVX2; the pixels are in the strip.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tile<const PIXELS: usize>(
        &self,
        first: usize,
        finish: impl Fn(*mut i8, [__m256i; 2], usize),
    ) {
        let sums = [self.bias; PIXELS];
        // SAFETY: the caller's promise.
        let sums = unsafe { self.sums::<PIXELS, 2>(first, sums) };
        let mut output = self.block.output(first);
        if self.block.left >= CHANNELS {
            for sums in sums {
                finish(output, sums, CHANNELS);
                output = output.wrapping_add(self.block.outputs);
            }
            return;
        }
        for sums in sums {
            finish(output, sums, self.block.left);
            output = output.wrapping_add(self.block.outputs);
        }
    }

    /// Adds the products under `PIXELS` pixels from `first` on, of `HALVES * 8` channels.
    ///
    /// # Safety
    /// As [`tile`](Self::tile).
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn sums<const PIXELS: usize, const HALVES: usize>(
        &self,
        first: usize,
        mut sums: [[__m256i; HALVES]; PIXELS],
    ) -> [[__m256i; HALVES]; PIXELS] {
        let Block {
            length, pixel_step, ..
        } = self.block;
        self.block.for_each_run(first, |x, w| {
            // SAFETY: the run lies under the pixels, and in the block. An odd one is filled up: its weights with zeros,
            // its elements with whatever comes next.
            unsafe { add::<PIXELS, HALVES>(&mut sums, x, length, pixel_step, w) };
        });
        sums
    }
}

/// As [`Sixteen::tile`], of eight channels or what is left of them; two pixels at a time are finished where that is all
/// that they have.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn narrow<const PIXELS: usize>(
    sixteen: &Sixteen<'_>,
    first: usize,
    finish: impl Fn(*mut i8, [__m256i; 2], usize),
) {
    let [bias, _] = sixteen.bias;
    // SAFETY: the caller's promise.
    let sums = unsafe { sixteen.sums::<PIXELS, 1>(first, [[bias]; PIXELS]) };
    let mut output = sixteen.block.output(first);
    let (mut pixels, is_whole) = (sums.as_flattened(), sixteen.block.outputs == LANES);
    while let ([a, b, rest @ ..], true) = (pixels, is_whole) {
        finish(output, [*a, *b], CHANNELS);
        output = output.wrapping_add(2 * LANES);
        pixels = rest;
    }
    for sums in pixels {
        finish(output, [*sums; 2], sixteen.block.left);
        output = output.wrapping_add(sixteen.block.outputs);
    }
}

/// Writes the first `count` bytes, or what they and the output add up to.
///
/// # Safety
/// The processor has AVX2; as many are in the output.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn store(
    adder: Option<&Adder>,
    output: *mut i8,
    mut bytes: __m128i,
    count: usize,
) {
    // SAFETY: the caller's promise.
    unsafe {
        if let Some(adder) = adder {
            bytes = adder.to_held(bytes, output, count);
        }
        store_i8(output, bytes, count);
    }
}

/// Adds the products of `length` elements at `x`, and of those `step` further on for each pixel, with weights in pairs.
///
/// # Safety
/// The processor has AVX2; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add<const PIXELS: usize, const HALVES: usize>(
    sums: &mut [[__m256i; HALVES]; PIXELS],
    x: *const i16,
    length: usize,
    step: usize,
    mut w: *const i8,
) {
    let mut x = Pixels::<_, PIXELS>::new(x, step);
    // Not two pairs at a time: the compiler would mix them, and keep some sums in memory.
    // There is one: that is not asked before, where the compiler keeps all sums twice.
    let mut left = (length / PAIR).max(1);
    loop {
        // SAFETY: the caller's promise.
        unsafe {
            let mut w_of = [_mm256_setzero_si256(); HALVES];
            for (half, place) in w_of.iter_mut().enumerate() {
                *place = _mm256_cvtepi8_epi16(_mm_loadu_si128(w.add(half * PAIR * LANES).cast()));
            }
            for (pixel, sums) in sums.iter_mut().enumerate() {
                let x = x.at(pixel).cast::<i32>().read_unaligned();
                let x = _mm256_set1_epi32(x);
                for (sum, w) in sums.iter_mut().zip(w_of) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(w, x));
                }
            }
        }
        x.advance(PAIR);
        w = w.wrapping_add(PAIR * CHANNELS);
        left -= 1;
        if left == 0 {
            break;
        }
    }
}
