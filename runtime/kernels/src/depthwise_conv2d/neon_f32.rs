//! NEON in f32.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::neon::{self, CHANNELS, Layer, Weights, run};
use crate::Neon;
use crate::neon::{Bounds, LANES, some_f32, store_f32};
use crate::overlap::is_apart;

/// Taps of a window at the most.
const MAX_TAPS: usize = 64;

/// Whether this file has what it takes: no scales, and room.
pub(super) fn holds(op: &F32<'_>) -> bool {
    let window = &op.window;
    neon::holds(window) && op.epilogue.scales.is_none() && window.taps() <= MAX_TAPS
}

pub(super) fn f32(op: &F32<'_>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has NEON; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "neon")]
unsafe fn all(op: &F32<'_>) {
    let channels = op.window.output[2];
    let whole = channels / CHANNELS * CHANNELS;
    let mut rest = [[0.0; CHANNELS]; MAX_TAPS];
    for (place, tap) in rest.iter_mut().zip(op.weights.chunks_exact(channels)) {
        let weights = tap.get(whole..).unwrap_or_default();
        place.iter_mut().zip(weights).for_each(|(it, w)| *it = *w);
    }
    let bounds = Bounds::new(op.epilogue.clamp);
    let layer = Floats {
        op,
        whole,
        rest,
        bounds,
    };
    let from = op.input.as_ptr().cast::<f32>();
    let is_direct = whole == channels && is_apart(op.input, op.output);
    // SAFETY: so many floats are in the input, and have room; the rest is the caller's promise.
    unsafe {
        run(
            &layer,
            &op.window,
            (op.input, op.output),
            is_direct.then_some(from),
            |first, to, count| from.add(first).copy_to_nonoverlapping(to, count),
        );
    }
}

struct Floats<'a> {
    op: &'a F32<'a>,
    /// Channels that make up whole groups of eight.
    whole: usize,
    /// The weights of those behind them, filled up with zeros.
    rest: [[f32; CHANNELS]; MAX_TAPS],
    bounds: Bounds,
}

impl Layer for Floats<'_> {
    type Element = f32;
    type Eight = [float32x4_t; 2];
    type Sums = [float32x4_t; 2];

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::Eight {
        // SAFETY: the caller's promise.
        unsafe { [vld1q_f32(from), vld1q_f32(from.add(LANES))] }
    }

    #[inline(always)]
    fn add(sums: &mut Self::Sums, x: Self::Eight, w: Self::Eight) {
        for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
            // SAFETY: a layer runs only where the processor has NEON.
            *sum = unsafe { vfmaq_f32(*sum, x, w) };
        }
    }

    #[inline(always)]
    fn start(&self, channel: usize) -> Self::Sums {
        // SAFETY: as above.
        unsafe { some_f32(self.op.epilogue.bias.unwrap_or_default(), channel) }
    }

    #[inline(always)]
    fn weights(&self, channel: usize) -> Weights<f32> {
        match channel < self.whole {
            true => Weights {
                at: self.op.weights.as_ptr().wrapping_add(channel),
                stride: self.op.window.output[2],
            },
            false => Weights {
                at: self.rest.as_ptr().cast(),
                stride: CHANNELS,
            },
        }
    }

    #[inline(always)]
    unsafe fn finish<const PIXELS: usize>(
        &self,
        sums: [Self::Sums; PIXELS],
        first_pixel: usize,
        channel: usize,
    ) {
        let channels = self.op.window.output[2];
        let output = self.op.output.as_ptr().cast::<f32>().cast_mut();
        // SAFETY: the caller's promise.
        unsafe {
            let output = output.add(first_pixel * channels + channel);
            for (pixel, sums) in sums.into_iter().enumerate() {
                let values = sums.map(|sum| self.bounds.apply(sum));
                store_f32(output.add(pixel * channels), values, channels - channel);
            }
        }
    }
}
