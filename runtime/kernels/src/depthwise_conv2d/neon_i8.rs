//! NEON in int8: 16 channels at a time, or eight; products of 16 bits, of two taps where their sums fit. Padding reads the
//! zero point; what the zero point adds to the sums of all products is taken off the bias, once a step.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::neon::{self, Layer, Part, Taps, Weights, pixel_of, run, unrolled};
use crate::neon::stream::{bytes, next, settle_i32};
use crate::neon::{Clamp, LANES, Rows, Scale, copy, some_i32};
use crate::requantize::Multipliers;
use crate::{Neon, Window};

/// Channels at a time.
const CHANNELS: usize = 16;
/// Registers of their sums, and of half as many.
const GROUP: usize = CHANNELS / LANES;
const HALF: usize = GROUP / 2;
/// Groups at the most, whose biases the stack has room for.
const MAX_GROUPS: usize = 128;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    neon::holds(window) && window.output[2] <= MAX_GROUPS * CHANNELS
}

pub(super) fn i8(op: &I8<'_>, _: Neon) {
    let mut bytes = Bytes {
        op,
        weights: Weights::new(op.weights, op.window.output[2]),
        biases: [const { MaybeUninit::uninit() }; MAX_GROUPS],
        is_narrow: true,
    };
    let from = op.input.as_ptr().cast::<i8>();
    // SAFETY: so many bytes are in the input, and have room; the token proves that the processor has the instructions;
    // lengths were checked.
    unsafe {
        bytes.fill();
        run(
            &bytes,
            &op.window,
            (op.input, op.output),
            None,
            |first, to, count| copy(from.add(first), to, count),
        );
    }
}

struct Bytes<'a> {
    op: &'a I8<'a>,
    weights: Weights<'a, i8, CHANNELS>,
    /// Less what the zero point adds, of each group.
    biases: [MaybeUninit<[int32x4_t; GROUP]>; MAX_GROUPS],
    /// Whether two products of bytes fit 16 bits: no weight is -128.
    is_narrow: bool,
}

impl Bytes<'_> {
    /// Makes the biases.
    #[target_feature(enable = "neon")]
    fn fill(&mut self) {
        let op = self.op;
        let zero_point = op.quant.input_zero_point;
        let mut least = vdupq_n_s8(0);
        let channels = (0..op.window.output[2]).step_by(CHANNELS);
        for (channel, place) in channels.zip(&mut self.biases) {
            let (mut weights, stride) = self.weights.of(channel);
            // Those of 64 taps fit 16 bits.
            let [mut low, mut high] = [vdupq_n_s16(0); 2];
            for _ in 0..op.window.taps() {
                // SAFETY: a group has so many weights at each tap.
                let w = unsafe { vld1q_s8(next(&mut weights, stride)) };
                low = vaddw_s8(low, vget_low_s8(w));
                high = vaddw_high_s8(high, w);
                least = vminq_s8(least, w);
            }
            let bias: [int32x4_t; GROUP] = some_i32(op.bias.unwrap_or_default(), channel);
            let sums = [
                vmovl_s16(vget_low_s16(low)),
                vmovl_high_s16(low),
                vmovl_s16(vget_low_s16(high)),
                vmovl_high_s16(high),
            ];
            place.write(core::array::from_fn(|part| {
                vmlsq_n_s32(bias[part], sums[part], zero_point)
            }));
        }
        self.is_narrow = vminvq_s8(least) > i8::MIN;
    }
}

impl Layer for Bytes<'_> {
    type Element = i8;
    /// Four registers of sums each, with weights of six taps.
    const MOST: usize = 5;

    fn padding(&self) -> Option<u8> {
        Some(self.op.quant.input_zero_point as u8)
    }

    #[inline(never)]
    unsafe fn make<const PIXELS: usize>(&self, part: &Part<'_, i8>) {
        let outputs = Outputs::new(self);
        for channel in (0..outputs.channels).step_by(CHANNELS) {
            // SAFETY: the caller's promise.
            unsafe {
                match outputs.channels - channel > HALF * LANES {
                    true => outputs.group::<PIXELS, GROUP>(self, part, channel),
                    false => outputs.group::<PIXELS, HALF>(self, part, channel),
                }
            }
        }
    }
}

/// What is the same for all groups.
struct Outputs<'a> {
    /// Columns of the window, and elements from one to the next.
    columns: [usize; 2],
    /// Columns from pixel to pixel where windows have three rows of three, side by side, and products are narrow.
    nine: Option<usize>,
    multipliers: Multipliers<'a>,
    clamp: Clamp<'a>,
    output: *mut i8,
    channels: usize,
}

impl<'a> Outputs<'a> {
    #[inline(always)]
    fn new(bytes: &'a Bytes<'a>) -> Self {
        let op = bytes.op;
        let window = &op.window;
        let channels = window.output[2];
        let is_nine = (window.kernel, window.dilation[1]) == ([3, 3], 1) && bytes.is_narrow;
        Outputs {
            columns: [window.kernel[1], window.dilation[1] * channels],
            nine: is_nine.then_some(window.stride[1]),
            multipliers: op.multipliers,
            // SAFETY: a layer runs only where the processor has NEON.
            clamp: unsafe { Clamp::new(&op.quant) },
            output: op.output.as_ptr().cast::<i8>().cast_mut(),
            channels,
        }
    }

    /// `N * 4` channels from `channel` on of tiles of `PIXELS` pixels.
    ///
    /// # Safety
    /// As [`Layer::make`]; a group begins at the channel, of the layer.
    #[inline(always)]
    unsafe fn group<const PIXELS: usize, const N: usize>(
        &self,
        layer: &Bytes<'_>,
        part: &Part<'_, i8>,
        channel: usize,
    ) {
        let weights = layer.weights.of(channel);
        let step = self.channels;
        // SAFETY: `fill` has made the bias; the rest is the caller's promise.
        unsafe {
            let bias = (*layer.biases.as_ptr().add(channel / CHANNELS)).assume_init();
            let scale: Scale<N> = Scale::new(self.multipliers, channel);
            for (taps, pixel) in part.tiles() {
                let mut sums = [core::array::from_fn(|part| bias[part % GROUP]); PIXELS];
                match self.nine {
                    Some(1) => nine::<PIXELS, N, 1>(&mut sums, taps, channel, weights, step),
                    Some(2) => nine::<PIXELS, N, 2>(&mut sums, taps, channel, weights, step),
                    _ => {
                        let is_narrow = layer.is_narrow;
                        any(&mut sums, taps, channel, weights, self.columns, is_narrow);
                    }
                }
                let rows = Rows {
                    output: self.output.wrapping_add(pixel * self.channels + channel),
                    stride: self.channels,
                    count: self.channels - channel,
                };
                scale.finish(self.clamp, sums, rows);
            }
        }
    }
}

/// Sums of windows of three rows and columns, side by side, `STRIDE` columns from pixel to pixel: what several pixels read
/// is loaded once. No weight is -128.
///
/// # Safety
/// As [`Layer::make`].
#[inline(always)]
unsafe fn nine<const PIXELS: usize, const N: usize, const STRIDE: usize>(
    sums: &mut [[int32x4_t; N]; PIXELS],
    taps: Taps<'_, i8>,
    channel: usize,
    (weights, stride): (*const i8, usize),
    step: usize,
) {
    let [mut top, mut middle, mut bottom] = taps.three(channel);
    let mut weights = weights;
    let columns = (PIXELS - 1) * STRIDE + 3;
    // SAFETY: the caller's promise.
    unsafe {
        let mut three = || [(); 3].map(|()| load::<N>(&mut weights, stride));
        let [above, below] = [three(), three()];
        // Columns of the upper two rows.
        unrolled!(column < columns, {
            let x = [load::<N>(&mut top, step), load::<N>(&mut middle, step)];
            for kx in 0..3 {
                if let Some(pixel) = pixel_of::<PIXELS, STRIDE>(column, kx) {
                    add_two(&mut sums[pixel], x, [above[kx], below[kx]]);
                    settle_i32(&mut sums[pixel]);
                }
            }
        });
        // The third row, two taps and one.
        let last = three();
        let mut x = load::<N>(&mut bottom, step);
        unrolled!(column < columns - 1, {
            let before = x;
            x = load::<N>(&mut bottom, step);
            if let Some(pixel) = pixel_of::<PIXELS, STRIDE>(column, 0) {
                add_two(&mut sums[pixel], [before, x], [last[0], last[1]]);
                settle_i32(&mut sums[pixel]);
            }
            if let Some(pixel) = pixel_of::<PIXELS, STRIDE>(column + 1, 2) {
                add_one(&mut sums[pixel], x, last[2]);
                settle_i32(&mut sums[pixel]);
            }
        });
    }
}

/// Sums of any windows, of so many columns, which lie so far from each other.
///
/// # Safety
/// As [`Layer::make`].
#[inline(always)]
unsafe fn any<const PIXELS: usize, const N: usize>(
    sums: &mut [[int32x4_t; N]; PIXELS],
    taps: Taps<'_, i8>,
    channel: usize,
    (weights, stride): (*const i8, usize),
    [columns, distance]: [usize; 2],
    is_narrow: bool,
) {
    let pairs = if is_narrow { columns / 2 } else { 0 };
    let mut weights = weights;
    for row in taps.rows() {
        let mut row = row.wrapping_add(channel);
        // SAFETY: the caller's promise.
        unsafe {
            for _ in 0..pairs {
                let w = [(); 2].map(|()| load::<N>(&mut weights, stride));
                let mut x_at = [next(&mut row, distance), next(&mut row, distance)];
                for sums in sums.iter_mut() {
                    let x = x_at.each_mut().map(|at| load::<N>(at, taps.step));
                    add_two(sums, x, w);
                }
            }
            for _ in 2 * pairs..columns {
                let w = load::<N>(&mut weights, stride);
                let mut x_at = next(&mut row, distance);
                for sums in sums.iter_mut() {
                    add_one(sums, load::<N>(&mut x_at, taps.step), w);
                }
            }
        }
    }
}

/// `N * 4` bytes; there are others behind eight. The pointer moves on by `stride`.
///
/// # Safety
/// They are there.
#[inline(always)]
unsafe fn load<const N: usize>(from: &mut *const i8, stride: usize) -> int8x16_t {
    // SAFETY: the caller's promise.
    unsafe {
        match N {
            HALF => bytes::<8>(from, stride),
            _ => bytes::<16>(from, stride),
        }
    }
}

/// Adds products of two taps, whose weights are no -128.
#[inline]
#[target_feature(enable = "neon")]
fn add_two<const N: usize>(sums: &mut [int32x4_t; N], x: [int8x16_t; 2], w: [int8x16_t; 2]) {
    // Spelled out: a map of an array is inlined or not, as the compiler likes.
    let first = vmull_s8(vget_low_s8(x[0]), vget_low_s8(w[0]));
    let products = vmlal_s8(first, vget_low_s8(x[1]), vget_low_s8(w[1]));
    add_words(sums, 0, products);
    if N == GROUP {
        let products = vmlal_high_s8(vmull_high_s8(x[0], w[0]), x[1], w[1]);
        add_words(sums, HALF, products);
    }
}

/// Adds products of a tap.
#[inline]
#[target_feature(enable = "neon")]
fn add_one<const N: usize>(sums: &mut [int32x4_t; N], x: int8x16_t, w: int8x16_t) {
    add_words(sums, 0, vmull_s8(vget_low_s8(x), vget_low_s8(w)));
    if N == GROUP {
        add_words(sums, HALF, vmull_high_s8(x, w));
    }
}

/// Adds eight words to two registers of sums.
#[inline]
#[target_feature(enable = "neon")]
fn add_words<const N: usize>(sums: &mut [int32x4_t; N], first: usize, words: int16x8_t) {
    sums[first] = vaddw_s16(sums[first], vget_low_s16(words));
    sums[first + 1] = vaddw_high_s16(sums[first + 1], words);
}
