//! NEON in f32: eight channels at a time.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::neon::{Layer, Taps, Weights, run};
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
    unsafe fn tile<const PIXELS: usize>(&self, taps: Taps<'_, f32>, pixel: usize) {
        let window = &self.op.window;
        let channels = window.output[2];
        let is_shared = (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1);
        // A copy, which no output can be a part of.
        let epilogue = self.op.epilogue;
        let output = self.op.output.as_ptr().cast::<f32>().cast_mut();
        let mut output = output.wrapping_add(pixel * channels);
        let skipped = taps.top() * window.kernel[1];
        for channel in (0..channels).step_by(CHANNELS) {
            let (weights, stride) = self.weights.of(channel);
            let weights = (weights.wrapping_add(skipped * stride), stride);
            // SAFETY: the weights are those of the channels; the rest is the caller's promise.
            unsafe {
                let finish = FinishF32::new(&epilogue, channel);
                let mut sums = [finish.start(); PIXELS];
                if is_shared {
                    shared(&mut sums, taps, channel, weights, channels);
                } else {
                    let next = window.dilation[1] * channels;
                    apart(&mut sums, taps, channel, weights, [window.kernel[1], next]);
                }
                finish.store(sums, output, [channels, channels - channel]);
            }
            output = output.wrapping_add(CHANNELS);
        }
    }
}

/// Sums of windows of three columns, side by side: what two or three pixels read is loaded once.
///
/// # Safety
/// As [`Layer::tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn shared<W: Weight, const PIXELS: usize>(
    sums: &mut [Eight; PIXELS],
    taps: Taps<'_, f32>,
    channel: usize,
    (weights, stride): (*const W, usize),
    step: usize,
) {
    let mut weights = weights;
    for row in taps.rows() {
        let mut x_at = row.wrapping_add(channel);
        // SAFETY: the caller's promise.
        unsafe {
            let w = W::load_three(&mut weights, stride);
            for column in 0..PIXELS + 2 {
                let x: Eight = f32::load(&mut x_at, step);
                for (kx, w) in w.into_iter().enumerate() {
                    if let Some(pixel) = column.checked_sub(kx).filter(|it| *it < PIXELS) {
                        add(&mut sums[pixel], x, w);
                        settle(&mut sums[pixel]);
                    }
                }
            }
        }
    }
}

/// Sums of any windows, of so many columns, which lie so far from each other.
///
/// # Safety
/// As [`Layer::tile`].
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
