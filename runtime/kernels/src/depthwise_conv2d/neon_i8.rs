//! NEON in int8: elements less the zero point and weights are multiplied as i16.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::aarch64::*;
use core::mem::MaybeUninit;

use super::I8;
use super::neon::{self, CHANNELS, Layer, Weights, run};
use crate::neon::{Finish, Rows, some_i32};
use crate::{Neon, Window};

/// Weights, filled up to whole groups of channels, and groups at the most: what the stack has room for.
const MAX_WEIGHTS: usize = 12 * 1024;
const MAX_GROUPS: usize = 128;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    let channels = window.output[2];
    let groups = channels.div_ceil(CHANNELS);
    neon::holds(window)
        && groups <= MAX_GROUPS
        && window.taps() <= MAX_WEIGHTS / (groups * CHANNELS)
}

pub(super) fn i8(op: &I8<'_>, _: Neon) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has NEON; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "neon")]
unsafe fn all(op: &I8<'_>) {
    let mut bytes = Bytes {
        op,
        weights: [const { MaybeUninit::uninit() }; MAX_WEIGHTS],
        groups: [const { MaybeUninit::uninit() }; MAX_GROUPS],
    };
    bytes.fill();
    let zero_point = op.quant.input_zero_point as i8;
    // SAFETY: as many are copied as are asked for; the rest is the caller's promise.
    unsafe {
        let from = op.input.as_ptr().cast::<i8>();
        run(
            &bytes,
            &op.window,
            (op.input, op.output),
            None,
            |first, to, count| copy(from.add(first), to, count, zero_point),
        );
    }
}

/// Copies bytes less the zero point.
///
/// # Safety
/// `count` elements are at `from` and have room at `to`, and the two do not overlap.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn copy(from: *const i8, to: *mut i16, count: usize, zero_point: i8) {
    let zero_points = vdupq_n_s8(zero_point);
    let whole = count / 16 * 16;
    // SAFETY: the caller's promise.
    unsafe {
        for index in (0..whole).step_by(16) {
            let x = vld1q_s8(from.add(index));
            let low = vsubl_s8(vget_low_s8(x), vget_low_s8(zero_points));
            vst1q_s16(to.add(index), low);
            vst1q_s16(to.add(index + 8), vsubl_high_s8(x, zero_points));
        }
        for index in whole..count {
            let x = i16::from(from.add(index).read()) - i16::from(zero_point);
            to.add(index).write(x);
        }
    }
}

struct Bytes<'a> {
    op: &'a I8<'a>,
    /// As i16, each tap filled up with zeros to whole groups of channels.
    weights: [MaybeUninit<i16>; MAX_WEIGHTS],
    /// Of each eight channels.
    groups: [MaybeUninit<Group>; MAX_GROUPS],
}

/// What eight channels begin and end with.
struct Group {
    bias: [int32x4_t; 2],
    finish: Finish<2>,
}

impl Bytes<'_> {
    /// Prepares weights and groups.
    #[target_feature(enable = "neon")]
    fn fill(&mut self) {
        let op = self.op;
        let channels = op.window.output[2];
        let stride = self.stride();
        let taps = op.weights.chunks_exact(channels);
        for (places, tap) in self.weights.chunks_exact_mut(stride).zip(taps) {
            let (places, _) = places.as_chunks_mut::<CHANNELS>();
            for (place, weights) in places.iter_mut().zip(tap.chunks(CHANNELS)) {
                let mut eight = [0; CHANNELS];
                match weights.first_chunk() {
                    Some(whole) => eight = *whole,
                    None => {
                        let places = eight.iter_mut().zip(weights);
                        places.for_each(|(it, w)| *it = *w);
                    }
                }
                // SAFETY: eight bytes are widened to eight places.
                unsafe {
                    let wide = vmovl_s8(vld1_s8(eight.as_ptr()));
                    vst1q_s16(place.as_mut_ptr().cast(), wide);
                }
            }
        }
        let bias = op.bias.unwrap_or_default();
        let places = self.groups.iter_mut().take(stride / CHANNELS);
        for (group, place) in places.enumerate() {
            let channel = group * CHANNELS;
            place.write(Group {
                bias: some_i32(bias, channel),
                finish: Finish::new(&op.multipliers, &op.quant, channel),
            });
        }
    }

    /// Weights of a tap.
    #[inline(always)]
    fn stride(&self) -> usize {
        self.op.window.output[2].next_multiple_of(CHANNELS)
    }

    #[inline(always)]
    fn group(&self, channel: usize) -> &Group {
        // SAFETY: there are as many groups as the channels have, and `fill` has made them.
        unsafe { (*self.groups.as_ptr().add(channel / CHANNELS)).assume_init_ref() }
    }
}

impl Layer for Bytes<'_> {
    type Element = i16;
    type Weight = i16;
    type Eight = int16x8_t;
    type Sums = [int32x4_t; 2];

    #[inline(always)]
    unsafe fn load(from: *const i16) -> int16x8_t {
        // SAFETY: the caller's promise.
        unsafe { vld1q_s16(from) }
    }

    #[inline(always)]
    unsafe fn load_weights(from: *const i16) -> int16x8_t {
        // SAFETY: the caller's promise.
        unsafe { Self::load(from) }
    }

    #[inline(always)]
    fn add([low, high]: &mut Self::Sums, x: int16x8_t, w: int16x8_t) {
        // SAFETY: a layer runs only where the processor has NEON.
        unsafe {
            *low = vmlal_s16(*low, vget_low_s16(x), vget_low_s16(w));
            *high = vmlal_high_s16(*high, x, w);
        }
    }

    #[inline(always)]
    fn start(&self, channel: usize) -> Self::Sums {
        self.group(channel).bias
    }

    #[inline(always)]
    fn weights(&self, channel: usize) -> Weights<i16> {
        Weights {
            at: self.weights.as_ptr().cast::<i16>().wrapping_add(channel),
            stride: self.stride(),
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
        let output = self.op.output.as_ptr().cast::<i8>().cast_mut();
        // SAFETY: the caller's promise.
        unsafe {
            let rows = Rows {
                output: output.add(first_pixel * channels + channel),
                stride: channels,
                count: channels - channel,
            };
            self.group(channel).finish.store(sums, rows);
        }
    }
}
