//! AVX2 in int8, on weights in pairs: a few pixels of a row times 16 channels at a time. The input is converted to
//! i16, less its zero point, so that padding is 0; two products make an i32.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use crate::Avx2;
use crate::avx2::{Finish, LANES, eight_i32, store_i8, widen};
use crate::blocked::{CHANNELS, PAIR, runs};
use crate::rows::{Rows, Strip, Under, flattened};

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
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        // SAFETY: the strip is one of this window's.
        unsafe { strip_of(&I8 { window, ..*op }, under, strip) }
    });
}

/// # Safety
/// As [`all`]; the strip is one of the window's, over these rows.
#[target_feature(enable = "avx2,fma")]
unsafe fn strip_of(op: &I8<'_>, under: &Under<i16>, strip: Strip) {
    let [_, _, outputs] = op.window.output;
    let depth = op.weights.len() / outputs.next_multiple_of(CHANNELS);
    let bias = op.bias.unwrap_or_default();
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    for channel in (0..outputs).step_by(CHANNELS) {
        let left = outputs - channel;
        let finish = Finish::new(&op.multipliers, &op.quant, channel);
        let bias = [channel, channel + LANES].map(|channel| eight_i32(bias, channel));
        for (first, count) in strip.tiles(ROWS) {
            let tile = Tile {
                op,
                under,
                weights: op.weights.as_ptr().wrapping_add(channel * depth),
                bias,
                finish: &finish,
                first,
                output: output.wrapping_add((strip.pixel + first) * outputs + channel),
                left,
            };
            // SAFETY: the tile is a part of the strip, the block is one of the weights.
            unsafe {
                match (count, left <= LANES) {
                    (1, true) => tile.run::<1, 1>(),
                    (2, true) => tile.run::<2, 1>(),
                    (3, true) => tile.run::<3, 1>(),
                    (4, true) => tile.run::<4, 1>(),
                    (5, true) => tile.run::<5, 1>(),
                    (_, true) => tile.run::<6, 1>(),
                    (1, false) => tile.run::<1, 2>(),
                    (2, false) => tile.run::<2, 2>(),
                    (3, false) => tile.run::<3, 2>(),
                    (4, false) => tile.run::<4, 2>(),
                    (5, false) => tile.run::<5, 2>(),
                    (_, false) => tile.run::<6, 2>(),
                }
            }
        }
    }
}

/// Some pixels of a strip times the channels of a block.
struct Tile<'a> {
    op: &'a I8<'a>,
    under: &'a Under<i16>,
    /// The block.
    weights: *const i8,
    bias: [__m256i; 2],
    finish: &'a Finish<'a>,
    /// First pixel, counted from that of the strip.
    first: usize,
    /// Its first channel of the block.
    output: *mut i8,
    /// Channels from the block's first on.
    left: usize,
}

impl Tile<'_> {
    /// # Safety
    /// The processor has AVX2; `PIXELS` pixels are in the strip, `HALVES * 8` channels or what is left of them in the
    /// block.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn run<const PIXELS: usize, const HALVES: usize>(&self) {
        let window = &self.op.window;
        let channels = window.input[2];
        let [count, length] = runs(window.kernel, window.dilation, channels);
        let (per_row, pairs) = (count / window.kernel[0], length.div_ceil(PAIR));
        let step = window.stride[1] * channels;
        let mut sums = [[self.bias[0], self.bias[HALVES - 1]]; PIXELS];
        for (ky, row) in self.under.rows() {
            for kx in 0..per_row {
                let x = self.first * step + kx * window.dilation[1] * channels;
                let w = (ky * per_row + kx) * pairs * PAIR * CHANNELS;
                // SAFETY: the run lies under the pixels, and in the block. An odd one is filled up: its weights with
                // zeros, its elements with whatever comes next.
                unsafe {
                    let (x, w) = (row.add(x), self.weights.add(w));
                    add::<PIXELS, HALVES>(&mut sums, [x, x.add(pairs * PAIR)], step, w);
                }
            }
        }
        for (pixel, sums) in sums.into_iter().enumerate() {
            let output = self.output.wrapping_add(pixel * window.output[2]);
            // SAFETY: the pixels are in the output.
            unsafe { store_i8(output, self.finish.apply(sums), self.left) };
        }
    }
}

/// Adds the products of elements from `x` to `end`, and of those `step` further on for each pixel, with weights in
/// pairs.
///
/// # Safety
/// The processor has AVX2; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn add<const PIXELS: usize, const HALVES: usize>(
    sums: &mut [[__m256i; 2]; PIXELS],
    [mut x, end]: [*const i16; 2],
    step: usize,
    mut w: *const i8,
) {
    while x < end {
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
            w = w.add(PAIR * CHANNELS);
            x = x.add(PAIR);
        }
    }
}
