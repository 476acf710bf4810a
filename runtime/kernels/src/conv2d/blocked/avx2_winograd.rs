//! AVX2 in int8, on weights in pairs, for windows of 3 x 3 pixel by pixel: squares of 2 x 2 outputs by Winograd's minimal
//! filtering F(2 x 2, 3 x 3) (Lavin and Gray 2015, <https://arxiv.org/abs/1509.09308>), with 16 products where there
//! are 36. In integers it is exact: weights are transformed without halves, so that sums are four times what they
//! stand for, with no remainder. Products are of 16 bits as in the file for all windows, which transformed elements fit.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::avx2_i8::store;
use super::avx2_transforms::{of_elements, of_sums, of_weights, transposed};
use super::pixels::Pixels;
use crate::add::avx2::Adder;
use crate::avx2::{Finish, LANES, eight_i32, widen};
use crate::blocked::{CHANNELS, PAIR};
use crate::rows::{Band, MAX_BAND, Rows, Scratch, Strip};
use crate::{Avx2, Window};

/// Products of a square of outputs.
const PRODUCTS: usize = 16;
/// Channels of the input at the most: what the stack has room for.
const MAX_CHANNELS: usize = 64;
/// Channels in a register.
const WORDS: usize = 16;
/// Elements of the rows that are held, and for each product elements of a band's transformed input and registers of a
/// block's transformed weights.
const SCRATCH: usize = 8192;
const ELEMENTS: usize = 1024;
const WEIGHTS: usize = MAX_CHANNELS;
/// Elements and registers between products, a line of the cache, without which all of a square might lie in a few sets.
const ELEMENTS_APART: usize = 32;
const WEIGHTS_APART: usize = 2;
/// Squares at a time at the most: as many as there are registers for.
const SQUARES: usize = 6;
/// Squares of a layer for which transforming its weights pays.
const LEAST_SQUARES: usize = 8;

/// Rows of outputs that are made in one go, an even number; `None` where this file has not what it takes.
pub(super) fn band(window: &Window) -> Option<usize> {
    let ([_, _, channels], [height, width, outputs]) = (window.input, window.output);
    let is_square = window.kernel == [3, 3] && [window.stride, window.dilation] == [[1, 1]; 2];
    let is_even =
        channels.is_multiple_of(WORDS) && channels <= MAX_CHANNELS && width.is_multiple_of(2);
    let squares = height.div_ceil(2) * (width / 2);
    if !is_square || !is_even || outputs <= LANES || squares < LEAST_SQUARES {
        return None;
    }
    let held = Rows::<i16>::tallest_band(window, SCRATCH)?;
    let transformed = ELEMENTS / (channels * (width / 2)).max(1);
    let pairs = (held / 2).min(transformed).min(MAX_BAND / 2);
    (pairs > 0).then_some(2 * pairs)
}

/// Makes so many rows in one go.
pub(super) fn i8(op: &I8<'_>, band: usize, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op, band) }
}

/// # Safety
/// The processor has AVX2; the lengths of the operands fit the window, of which so many rows are a [`band`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>, band: usize) {
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = Scratch::<_, SCRATCH>::new();
    let Some(mut rows) = Rows::in_bands(&op.window, &mut scratch.0, 0, band) else {
        return;
    };
    let zero_point = op.quant.input_zero_point as i16;
    let copy = |from: usize, to: *mut i16, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { widen(input.add(from), to, count, zero_point) }
    };
    let mut elements = Scratch::<i16, { PRODUCTS * (ELEMENTS + ELEMENTS_APART) }>::new();
    let mut weights = Scratch::<__m256i, { PRODUCTS * (WEIGHTS + WEIGHTS_APART) }>::new();
    let adder = op.sum.map(|sum| Adder::new(sum));
    rows.for_each_band((op.input, op.output), copy, |band| {
        // SAFETY: the band is one of this window's, and there is room for it and for the weights of a block.
        unsafe {
            let squares = Squares::of(op, band, elements.0.as_mut_ptr().cast());
            for channel in (0..op.window.output[2]).step_by(CHANNELS) {
                let weights = weights.0.as_mut_ptr().cast();
                transform_weights(op, channel, weights);
                squares.block(op, channel, weights, adder.as_ref());
            }
        }
    });
}

/// Writes a block's weights, `[16 products, channels / 2, 16, 2]`, with products apart.
///
/// # Safety
/// The processor has AVX2; the block is one of the weights, and there is room for it.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
unsafe fn transform_weights(op: &I8<'_>, channel: usize, to: *mut __m256i) {
    let pairs = op.window.input[2] / PAIR;
    let block = op.weights.as_ptr().wrapping_add(channel * 9 * pairs * PAIR);
    let zero = _mm256_setzero_si256();
    for at in 0..2 * pairs {
        // From the left.
        let mut columns = [[zero; 4]; 3];
        for (column, products) in columns.iter_mut().enumerate() {
            let mut taps = [zero; 3];
            for (row, tap) in taps.iter_mut().enumerate() {
                let half = ((row * 3 + column) * pairs * 2 + at) * WORDS;
                // SAFETY: the block has as many pairs of every tap, and each two halves.
                let half = unsafe { _mm_loadu_si128(block.wrapping_add(half).cast()) };
                *tap = _mm256_cvtepi8_epi16(half);
            }
            *products = of_weights(taps);
        }
        let [left, middle, right] = columns;
        let mut place = to.wrapping_add(at);
        for [a, b, c, _] in &transposed([left, middle, right, [zero; 4]]) {
            for product in &of_weights([*a, *b, *c]) {
                // SAFETY: the caller has room for it.
                unsafe { place.write(*product) };
                place = place.wrapping_add(2 * pairs + WEIGHTS_APART);
            }
        }
    }
}

/// The transformed input of a band.
struct Squares {
    /// `[16 products, squares, channels]`, with products apart.
    elements: *const i16,
    count: usize,
    channels: usize,
    /// Of a row of outputs, and of the image.
    in_row: usize,
    width: usize,
    /// The first output pixel of every other row, and whether there is a row below.
    rows: [(usize, bool); MAX_BAND / 2],
}

impl Squares {
    /// Writes them.
    ///
    /// # Safety
    /// The processor has AVX2; the band is one of the window's, and there is room for it.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn of(op: &I8<'_>, band: &Band<i16>, elements: *mut i16) -> Squares {
        let ([_, _, channels], [_, width, _]) = (op.window.input, op.window.output);
        let in_row = width / 2;
        let mut rows = [(0, false); MAX_BAND / 2];
        let mut inputs = [[core::ptr::null(); 4]; MAX_BAND / 2];
        let (mut strips, mut count) = (band.strips(), 0);
        for (place, inputs) in rows.iter_mut().zip(&mut inputs) {
            let Some((under, strip)) = strips.next() else {
                break;
            };
            let below = strips.next();
            *place = (strip.pixel, below.is_some());
            // Rows of padding, where there is no other.
            *inputs = [under.padding().unwrap_or(core::ptr::null()); 4];
            let below = below.as_ref().map_or(&[][..], |(below, _)| below.rows());
            let below = below.iter().map(|(ky, row)| (ky + 1, *row));
            for (place, row) in below.chain(under.rows().iter().copied()) {
                if let Some(input) = inputs.get_mut(place) {
                    *input = row;
                }
            }
            count += in_row;
        }
        let squares = Squares {
            elements,
            count,
            channels,
            in_row,
            width,
            rows,
        };
        for (row, inputs) in inputs.iter().take(count / in_row.max(1)).enumerate() {
            // SAFETY: the rows lie under these squares.
            unsafe { squares.transform_row(row, inputs, elements) };
        }
        squares
    }

    /// # Safety
    /// As [`of`](Self::of); these are the rows of the input under a row of squares.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn transform_row(&self, row: usize, inputs: &[*const i16; 4], elements: *mut i16) {
        let pixel_step = self.channels;
        let mut inputs = *inputs;
        let mut square = elements.wrapping_add(row * self.in_row * self.channels);
        for _ in 0..self.in_row {
            // Channels are the pixels' blocks of sixteen.
            for _ in 0..self.channels / WORDS {
                let mut columns = [[_mm256_setzero_si256(); 4]; 4];
                for (column, products) in columns.iter_mut().enumerate() {
                    let mut elements = [_mm256_setzero_si256(); 4];
                    for (element, row) in elements.iter_mut().zip(&inputs) {
                        let x = row.wrapping_add(column * pixel_step);
                        // SAFETY: as many columns and channels lie in each row.
                        *element = unsafe { _mm256_loadu_si256(x.cast()) };
                    }
                    *products = of_elements(elements);
                }
                let mut place = square;
                for across in &transposed(columns) {
                    for product in &of_elements(*across) {
                        // SAFETY: the caller has room for it.
                        unsafe { _mm256_storeu_si256(place.cast(), *product) };
                        place = place.wrapping_add(self.count * self.channels + ELEMENTS_APART);
                    }
                }
                square = square.wrapping_add(WORDS);
                for row in &mut inputs {
                    *row = row.wrapping_add(WORDS);
                }
            }
            // Past the square's second pixel.
            for row in &mut inputs {
                *row = row.wrapping_add(pixel_step);
            }
        }
    }

    /// Makes sixteen channels from one on, or what is left of them.
    ///
    /// # Safety
    /// The processor has AVX2; these are the block's weights.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn block(
        &self,
        op: &I8<'_>,
        channel: usize,
        weights: *const __m256i,
        adder: Option<&Adder>,
    ) {
        let bias = op.bias.unwrap_or_default();
        let outputs = op.window.output[2];
        let block = Block {
            squares: self,
            weights,
            bias: [channel, channel + LANES].map(|half| eight_i32(bias, half)),
            output: op
                .output
                .as_ptr()
                .cast::<i8>()
                .cast_mut()
                .wrapping_add(channel),
            outputs,
            left: outputs - channel,
            adder,
        };
        // SAFETY: the caller's promise.
        unsafe {
            match Finish::new(&op.multipliers, &op.quant, channel) {
                Finish::Onnx(finish) => block.all(|sums| finish.apply(sums)),
                Finish::Fixed(finish) => block.all(|sums| finish.apply(sums)),
            }
        }
    }
}

/// Sixteen channels of a band, or what is left of them.
struct Block<'a> {
    squares: &'a Squares,
    weights: *const __m256i,
    bias: [__m256i; 2],
    /// The first channel of the first pixel.
    output: *mut i8,
    /// Channels of a pixel, and those from the block's first on.
    outputs: usize,
    left: usize,
    adder: Option<&'a Adder>,
}

impl Block<'_> {
    /// # Safety
    /// The processor has AVX2; the squares are the block's.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn all(&self, finish: impl Fn([__m256i; 2]) -> __m128i) {
        let strip = Strip {
            pixel: 0,
            count: self.squares.count,
        };
        for (first, count) in strip.tiles(SQUARES) {
            // SAFETY: the squares are the band's.
            unsafe {
                match count {
                    1 => self.some::<1>(first, &finish),
                    2 => self.some::<2>(first, &finish),
                    3 => self.some::<3>(first, &finish),
                    4 => self.some::<4>(first, &finish),
                    5 => self.some::<5>(first, &finish),
                    _ => self.some::<6>(first, &finish),
                }
            }
        }
    }

    /// Makes squares from `first` on.
    ///
    /// # Safety
    /// As [`all`](Self::all); the squares are there.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn some<const COUNT: usize>(
        &self,
        first: usize,
        finish: impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let Squares {
            elements,
            count,
            channels,
            ..
        } = *self.squares;
        let mut sums = [const { MaybeUninit::<[[__m256i; 2]; COUNT]>::uninit() }; PRODUCTS];
        let mut weights = self.weights;
        for (product, sums) in sums.iter_mut().enumerate() {
            let x = product * (count * channels + ELEMENTS_APART) + first * channels;
            let x = elements.wrapping_add(x);
            // SAFETY: the caller's promise.
            unsafe { multiply(x, channels, weights, sums) };
            weights = weights.wrapping_add(channels + WEIGHTS_APART);
        }
        let sums = sums.as_ptr().cast::<[__m256i; 2]>();
        for square in 0..COUNT {
            // SAFETY: all sums were written.
            unsafe { self.store::<COUNT>(first + square, sums.add(square), &finish) };
        }
    }

    /// Makes a square of its sums, each of which lies among those of `COUNT` squares.
    ///
    /// # Safety
    /// As [`all`](Self::all); the square is there.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn store<const COUNT: usize>(
        &self,
        square: usize,
        sums: *const [__m256i; 2],
        finish: impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let zero = _mm256_setzero_si256();
        // Two rows of two pixels, in halves.
        let mut pixels = [[[zero; 2]; 2]; 2];
        for (half, bias) in self.bias.iter().enumerate() {
            let mut columns = [[zero; 2]; 4];
            for (column, rows) in columns.iter_mut().enumerate() {
                let mut products = [zero; 4];
                for (row, product) in products.iter_mut().enumerate() {
                    let at = (row * 4 + column) * COUNT;
                    // SAFETY: the caller's promise.
                    *product = unsafe { sums.add(at).cast::<__m256i>().add(half).read() };
                }
                *rows = of_sums(products);
            }
            let [[a, b], [c, d], [e, f], [g, h]] = columns;
            let rows = [of_sums([a, c, e, g]), of_sums([b, d, f, h])];
            for (pixel, sum) in pixels
                .as_flattened_mut()
                .iter_mut()
                .zip(rows.as_flattened())
            {
                let exact = _mm256_srai_epi32::<2>(*sum);
                if let Some(place) = pixel.get_mut(half) {
                    *place = _mm256_add_epi32(exact, *bias);
                }
            }
        }
        let Squares {
            in_row,
            width,
            rows,
            ..
        } = self.squares;
        let (row, column) = (square / in_row.max(&1), square % in_row.max(&1));
        let (pixel, has_below) = rows.get(row).copied().unwrap_or_default();
        let first = pixel + 2 * column;
        for (row, pixels) in pixels.iter().take(1 + usize::from(has_below)).enumerate() {
            for (at, sums) in pixels.iter().enumerate() {
                let output = (first + row * width + at) * self.outputs;
                let (output, count) = (self.output.wrapping_add(output), self.left.min(CHANNELS));
                // SAFETY: the pixel is in the output.
                unsafe { store(self.adder, output, finish(*sums), count) };
            }
        }
    }
}

/// Writes the products of `channels` elements at `x`, and of those of the squares that follow, with weights in pairs.
///
/// # Safety
/// The processor has AVX2; the elements and weights are there.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn multiply<const COUNT: usize>(
    x: *const i16,
    channels: usize,
    mut weights: *const __m256i,
    to: &mut MaybeUninit<[[__m256i; 2]; COUNT]>,
) {
    let mut sums = [[_mm256_setzero_si256(); 2]; COUNT];
    let mut x = Pixels::<_, COUNT>::new(x, channels);
    for _ in 0..channels / PAIR {
        // SAFETY: the caller's promise.
        unsafe {
            let w = [weights.read(), weights.add(1).read()];
            for (square, sums) in sums.iter_mut().enumerate() {
                let pair = x.at(square).cast::<i32>().read_unaligned();
                let pair = _mm256_set1_epi32(pair);
                for (sum, w) in sums.iter_mut().zip(w) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(w, pair));
                }
            }
        }
        x.advance(PAIR);
        weights = weights.wrapping_add(2);
    }
    to.write(sums);
}
