//! NEON in f32: eight channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::neon::{Layer, Part, Taps, Weights, pixel_of, run, unrolled};
use crate::neon::stream::{next, settle};
use crate::neon::{FinishF32, copy};
use crate::overlap::is_apart;
use crate::weight::neon::Fours;
use crate::{Neon, Weight};

/// Channels at a time.
const CHANNELS: usize = 8;
/// Their elements, weights or sums.
type Eight = [float32x4_t; 2];

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Neon) {
    let channels = op.window.output[2];
    let floats = Floats {
        op,
        weights: Weights::new(op.weights, channels),
    };
    let from = op.input.as_ptr().cast::<f32>();
    let is_direct = channels.is_multiple_of(CHANNELS) && is_apart(op.input, op.output);
    // SAFETY: so many floats are in the input, and have room; the token proves that the processor has the instructions;
    // lengths were checked.
    unsafe {
        run(
            &floats,
            &op.window,
            (op.input, op.output),
            is_direct.then_some(from),
            |first, to, count| copy(from.add(first), to, count),
        );
    }
}

struct Floats<'a, W> {
    op: &'a F32<'a, f32, W>,
    weights: Weights<'a, W, CHANNELS>,
}

impl<W: Weight> Layer for Floats<'_, W> {
    type Element = f32;
    const MOST: usize = 8;

    fn padding(&self) -> Option<u8> {
        None
    }

    #[inline(never)]
    unsafe fn make<const PIXELS: usize>(&self, part: &Part<'_, f32>) {
        let window = &self.op.window;
        let (channels, [_, columns]) = (window.output[2], window.kernel);
        let distance = window.dilation[1] * channels;
        let stride = (columns == 3 && window.dilation[1] == 1).then_some(window.stride[1]);
        // A copy, which no output can be a part of.
        let epilogue = self.op.epilogue;
        let mut output = self.op.output.as_ptr().cast::<f32>().cast_mut();
        for channel in (0..channels).step_by(CHANNELS) {
            let (weights, step) = self.weights.of(channel);
            // SAFETY: the weights are those of the channels; the rest is the caller's promise.
            unsafe {
                let finish = FinishF32::new(&epilogue, channel);
                for (taps, pixel) in part.tiles() {
                    let weights = weights.wrapping_add(taps.top() * columns * step);
                    let output = output.wrapping_add(pixel * channels);
                    let extents = [channels, channels - channel];
                    if taps.is_empty() {
                        store_start::<PIXELS>(&finish, output, extents);
                        continue;
                    }
                    let mut sums = [finish.start(); PIXELS];
                    let to = &mut sums;
                    match stride {
                        Some(1) => {
                            shared::<W, PIXELS, 1>(to, taps, channel, (weights, step), channels);
                        }
                        Some(2) => {
                            shared::<W, PIXELS, 2>(to, taps, channel, (weights, step), channels);
                        }
                        _ => apart(to, taps, channel, (weights, step), [columns, distance]),
                    }
                    finish.store(sums, output, extents);
                }
            }
            output = output.wrapping_add(CHANNELS);
        }
    }
}

/// Pixels without products. Apart, so that sums of others begin in registers.
///
/// # Safety
/// As [`FinishF32::store`].
#[cold]
#[inline(never)]
unsafe fn store_start<const PIXELS: usize>(
    finish: &FinishF32<2>,
    output: *mut f32,
    extents: [usize; 2],
) {
    // SAFETY: the caller's promise.
    unsafe { finish.store([finish.start(); PIXELS], output, extents) };
}

/// Sums of windows of three columns, side by side, `STRIDE` columns from pixel to pixel: what several pixels read is loaded
/// once.
///
/// # Safety
/// As [`Layer::make`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn shared<W: Weight, const PIXELS: usize, const STRIDE: usize>(
    sums: &mut [Eight; PIXELS],
    taps: Taps<'_, f32>,
    channel: usize,
    (weights, stride): (*const W, usize),
    step: usize,
) {
    let mut weights = weights;
    let columns = (PIXELS - 1) * STRIDE + 3;
    for row in taps.rows() {
        let mut x_at = row.wrapping_add(channel);
        // SAFETY: the caller's promise.
        unsafe {
            let w = W::load_three(&mut weights, stride);
            unrolled!(column < columns, {
                let x: Eight = f32::load(&mut x_at, step);
                for (kx, w) in w.into_iter().enumerate() {
                    if let Some(pixel) = pixel_of::<PIXELS, STRIDE>(column, kx) {
                        add(&mut sums[pixel], x, w);
                        settle(&mut sums[pixel]);
                    }
                }
            });
        }
    }
}

/// Sums of any windows, of so many columns, which lie so far from each other.
///
/// # Safety
/// As [`Layer::make`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn apart<W: Weight, const PIXELS: usize>(
    sums: &mut [Eight; PIXELS],
    taps: Taps<'_, f32>,
    channel: usize,
    (weights, stride): (*const W, usize),
    [columns, distance]: [usize; 2],
) {
    let mut weights = weights;
    for row in taps.rows() {
        let mut row = row.wrapping_add(channel);
        for _ in 0..columns {
            // SAFETY: the caller's promise.
            unsafe {
                let w: Eight = W::load(&mut weights, stride);
                let mut x_at = next(&mut row, distance);
                for sums in sums.iter_mut() {
                    add(sums, f32::load(&mut x_at, taps.step), w);
                }
            }
        }
    }
}

/// `sums + x * w`.
#[inline]
#[target_feature(enable = "neon")]
fn add(sums: &mut Eight, x: Eight, w: Eight) {
    for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
        *sum = vfmaq_f32(*sum, x, w);
    }
}
