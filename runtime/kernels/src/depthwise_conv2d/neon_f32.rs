//! NEON in f32.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;

use super::F32;
use super::neon::{self, CHANNELS, Layer, Weights, run};
use crate::neon::{FinishF32, LANES, store_f32};
use crate::overlap::is_apart;
use crate::{Neon, Weight, Window};

/// Taps of a window at the most.
const MAX_TAPS: usize = 64;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    neon::holds(window) && window.taps() <= MAX_TAPS
}

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has NEON; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "neon")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let channels = op.window.output[2];
    let whole = channels / CHANNELS * CHANNELS;
    let mut rest = [[W::default(); CHANNELS]; MAX_TAPS];
    for (place, tap) in rest.iter_mut().zip(op.weights.chunks_exact(channels)) {
        let weights = tap.get(whole..).unwrap_or_default();
        place.iter_mut().zip(weights).for_each(|(it, w)| *it = *w);
    }
    let layer = Floats { op, whole, rest };
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

struct Floats<'a, W> {
    op: &'a F32<'a, f32, W>,
    /// Channels that make up whole groups of eight.
    whole: usize,
    /// The weights of those behind them, filled up with zeros.
    rest: [[W; CHANNELS]; MAX_TAPS],
}

impl<W: Weight> Floats<'_, W> {
    #[inline(always)]
    fn finish(&self, channel: usize) -> FinishF32<2> {
        // SAFETY: a layer runs only where the processor has NEON.
        unsafe { FinishF32::new(&self.op.epilogue, channel) }
    }
}

impl<W: Weight> Layer for Floats<'_, W> {
    type Element = f32;
    type Weight = W;
    type Eight = [float32x4_t; 2];
    type Sums = [float32x4_t; 2];

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::Eight {
        // SAFETY: the caller's promise.
        unsafe { [vld1q_f32(from), vld1q_f32(from.add(LANES))] }
    }

    #[inline(always)]
    unsafe fn load_weights(from: *const W) -> Self::Eight {
        // SAFETY: the caller's promise.
        unsafe { W::load(from) }
    }

    #[inline(always)]
    fn add(sums: &mut Self::Sums, x: Self::Eight, w: Self::Eight) {
        for ((sum, x), w) in sums.iter_mut().zip(x).zip(w) {
            // SAFETY: as above.
            *sum = unsafe { vfmaq_f32(*sum, x, w) };
        }
    }

    #[inline(always)]
    fn start(&self, channel: usize) -> Self::Sums {
        // SAFETY: as above.
        unsafe { self.finish(channel).start() }
    }

    #[inline(always)]
    fn weights(&self, channel: usize) -> Weights<W> {
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
            let finish = self.finish(channel);
            for (pixel, sums) in sums.into_iter().enumerate() {
                let values = finish.apply(sums);
                store_f32(output.add(pixel * channels), values, channels - channel);
            }
        }
    }
}
