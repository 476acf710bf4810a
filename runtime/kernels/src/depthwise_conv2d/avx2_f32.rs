//! AVX2 and FMA in f32: 8 channels of a row of pixels after 8.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::F32;
use crate::avx2::{FinishF32, LANES, copy_f32, load_f32, store_f32};
use crate::overlap::is_apart;
use crate::rows::{self, MAX_BAND, Rows, Scratch, Strip, Under};
use crate::weight::avx2::up_to_eight;
use crate::{Avx2, Weight, Window};

/// Taps of a window at the most.
const MAX_TAPS: usize = 32;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 8192;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS && rows::fits(window, SCRATCH)
}

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = Scratch::<_, SCRATCH>::new();
    // A ring has rows of padding too.
    let is_whole = !op.window.is_padded(0);
    let in_place = (is_whole && is_apart(op.input, op.output)).then_some(input);
    let Some(mut rows) = Rows::new(&op.window, &mut scratch.0, in_place, 0) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { copy_f32(input.add(from), to, count) }
    };
    let mut places = [Row::NONE; MAX_BAND];
    rows.for_each_band((op.input, op.output), copy, |band| {
        let mut count = 0;
        for (place, (under, strip)) in places.iter_mut().zip(band.strips()) {
            place.set(&under, strip);
            count += 1;
        }
        let rows = places.get(..count).unwrap_or_default();
        // SAFETY: the rows are of this window's.
        unsafe { band_of(op, rows) };
    });
}

/// A row of outputs, with the rows under its first pixel, those of padding included.
#[derive(Clone, Copy)]
struct Row {
    inputs: [*const f32; MAX_TAPS],
    strip: Strip,
}

impl Row {
    const NONE: Row = Row {
        inputs: [core::ptr::null(); MAX_TAPS],
        strip: Strip { pixel: 0, count: 0 },
    };

    #[inline(always)]
    fn set(&mut self, under: &Under<'_, f32>, strip: Strip) {
        let padding = under.padding().unwrap_or(core::ptr::null());
        self.inputs = [padding; MAX_TAPS];
        for (ky, row) in under.rows() {
            if let Some(input) = self.inputs.get_mut(*ky) {
                *input = *row;
            }
        }
        self.strip = strip;
    }
}

/// # Safety
/// As [`all`]; the rows are of the window's.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn band_of<W: Weight>(op: &F32<'_, f32, W>, rows: &[Row]) {
    let window = &op.window;
    let channels = window.output[2];
    let blocks = Blocks {
        op,
        channels,
        step: window.stride[1] * channels,
        rows,
    };
    let is_square = window.kernel == [3, 3] && window.dilation[1] == 1 && channels >= LANES;
    // Where fewer than eight are left, eight that overlap those before: what they are made of is not written over,
    // since rows that the output overlaps are held.
    let last = channels.saturating_sub(LANES);
    let [one, two, any] = Blocks::MAKE;
    let make = match window.stride[1] {
        1 if is_square => one,
        2 if is_square => two,
        _ => any,
    };
    for channel in (0..channels).step_by(LANES) {
        // SAFETY: the channels are in every pixel of the rows and in every tap.
        unsafe { make(&blocks, channel.min(last)) };
    }
}

/// Rows of outputs, eight channels after eight.
struct Blocks<'a, W> {
    op: &'a F32<'a, f32, W>,
    channels: usize,
    /// Elements of the input from pixel to pixel.
    step: usize,
    rows: &'a [Row],
}

impl<W: Weight> Blocks<'_, W> {
    /// What makes eight channels, for squares of either stride and for any window. Called through here since the compiler
    /// would put all of them into one function otherwise, and run out of registers.
    const MAKE: [unsafe fn(&Self, usize); 3] = [Self::square::<1>, Self::square::<2>, Self::any];

    /// Eight channels from one on, for windows of 3 x 3 taps side by side: weights stay in registers, and what is
    /// read serves all pixels that it lies under.
    ///
    /// # Safety
    /// The processor has AVX2, FMA and F16C; eight channels are behind every tap and in every output.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn square<const STRIDE: usize>(&self, channel: usize) {
        let finish = FinishF32::new(&self.op.epilogue, channel);
        let first = self.op.weights.as_ptr().wrapping_add(channel);
        let weights: [_; 9] = core::array::from_fn(|tap| first.wrapping_add(tap * self.channels));
        // SAFETY: the caller's promise.
        let weights = weights.map(|w| unsafe { W::eight(w) });
        for row in self.rows {
            let [top, middle, bottom, ..] = row.inputs;
            let mut square = Square {
                inputs: [top, middle, bottom].map(|row| row.wrapping_add(channel)),
                output: self.first_of(row, channel),
                channels: self.channels,
            };
            let mut left = row.strip.count;
            // SAFETY: so many pixels are left.
            unsafe {
                while left >= 4 {
                    square.make::<STRIDE, 4>(&weights, &finish);
                    left -= 4;
                }
                if left >= 2 {
                    square.make::<STRIDE, 2>(&weights, &finish);
                    left -= 2;
                }
                if left > 0 {
                    square.make::<STRIDE, 1>(&weights, &finish);
                }
            }
        }
    }

    /// Eight channels from one on, or as many as are left, for any window.
    ///
    /// # Safety
    /// As [`square`](Self::square), for as many channels as are left.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn any(&self, channel: usize) {
        let finish = FinishF32::new(&self.op.epilogue, channel);
        for row in self.rows {
            let count = row.strip.count;
            // SAFETY: the pixels are in the row.
            unsafe {
                for first in (0..count / 4 * 4).step_by(4) {
                    self.pixels::<4>(row, first, channel, &finish);
                }
                for first in count / 4 * 4..count {
                    self.pixels::<1>(row, first, channel, &finish);
                }
            }
        }
    }

    /// Pixels of a row from `first` on.
    ///
    /// # Safety
    /// As [`any`](Self::any); the pixels are in the row.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn pixels<const PIXELS: usize>(
        &self,
        row: &Row,
        first: usize,
        channel: usize,
        finish: &FinishF32,
    ) {
        let ([height, columns], [_, dilation]) = (self.op.window.kernel, self.op.window.dilation);
        let lanes = self.channels - channel;
        let mut sums = [_mm256_setzero_ps(); PIXELS];
        let mut weights = self.op.weights.as_ptr().wrapping_add(channel);
        for input in row.inputs.iter().take(height) {
            let mut x = input.wrapping_add(first * self.step + channel);
            for _ in 0..columns {
                // SAFETY: the tap lies under the pixels, and so many lanes are left in it.
                unsafe {
                    let w = up_to_eight(weights, lanes);
                    for (pixel, sum) in sums.iter_mut().enumerate() {
                        let x = load_f32(x.wrapping_add(pixel * self.step), lanes);
                        *sum = _mm256_fmadd_ps(x, w, *sum);
                    }
                }
                x = x.wrapping_add(dilation * self.channels);
                weights = weights.wrapping_add(self.channels);
            }
        }
        let mut output = self.first_of(row, channel);
        output = output.wrapping_add(first * self.channels);
        for sum in sums {
            // SAFETY: the caller's promise.
            unsafe { store_f32(output, finish.apply(sum), lanes) };
            output = output.wrapping_add(self.channels);
        }
    }

    /// Where a channel of the first pixel of a row is written.
    fn first_of(&self, row: &Row, channel: usize) -> *mut f32 {
        let output = self.op.output.as_ptr().cast::<f32>().cast_mut();
        output.wrapping_add(row.strip.pixel * self.channels + channel)
    }
}

/// Eight channels of a row of outputs, from a pixel on.
struct Square {
    /// Under the first tap of each row of the window.
    inputs: [*const f32; 3],
    output: *mut f32,
    /// Of a pixel.
    channels: usize,
}

impl Square {
    /// Makes the next pixels.
    ///
    /// # Safety
    /// The processor has AVX2 and FMA; so many pixels are left.
    #[inline(always)]
    unsafe fn make<const STRIDE: usize, const PIXELS: usize>(
        &mut self,
        weights: &[__m256; 9],
        finish: &FinishF32,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            let mut sums = [_mm256_setzero_ps(); PIXELS];
            for (row, weights) in self.inputs.iter().zip(weights.as_chunks::<3>().0) {
                for column in 0..(PIXELS - 1) * STRIDE + 3 {
                    let x = _mm256_loadu_ps(row.add(column * self.channels));
                    for (pixel, sum) in sums.iter_mut().enumerate() {
                        if let Some(w) = weights.get(column.wrapping_sub(pixel * STRIDE)) {
                            *sum = _mm256_fmadd_ps(x, *w, *sum);
                        }
                    }
                }
            }
            for sum in sums {
                _mm256_storeu_ps(self.output, finish.apply(sum));
                self.output = self.output.wrapping_add(self.channels);
            }
        }
        for row in &mut self.inputs {
            *row = row.wrapping_add(PIXELS * STRIDE * self.channels);
        }
    }
}
