//! AVX-512 in f32: 16 channels of a row of pixels after 16.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::F32;
use crate::avx512::{FinishF32, LANES, first as first_lanes};
use crate::overlap::is_apart;
use crate::rows::{self, Rows, Strip, Under};
use crate::weight::avx512::up_to_sixteen;
use crate::{Avx512, Weight, Window};

/// Taps of a window at the most.
const MAX_TAPS: usize = 32;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 8192;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS && rows::fits(window, SCRATCH)
}

pub(super) fn f32<W: Weight>(op: &F32<'_, f32, W>, _: Avx512) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// First element and weight of a tap.
type Tap<W> = (*const f32, *const W);

/// # Safety
/// The processor has AVX-512; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx512f")]
unsafe fn all<W: Weight>(op: &F32<'_, f32, W>) {
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&op.window, &mut scratch, in_place, 0) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { input.add(from).copy_to_nonoverlapping(to, count) }
    };
    let mut taps = [(core::ptr::null(), core::ptr::null()); MAX_TAPS];
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        let taps = set_taps(&mut taps, op, under);
        // SAFETY: the strip is one of this window's.
        unsafe { strip_of(op, taps, strip) };
    });
}

/// The taps of the rows under a strip.
#[inline(always)]
fn set_taps<'a, W>(
    taps: &'a mut [Tap<W>; MAX_TAPS],
    op: &F32<'_, f32, W>,
    under: &Under<'_, f32>,
) -> &'a [Tap<W>] {
    let (columns, channels) = (op.window.kernel[1], op.window.output[2]);
    let of_rows = under.rows().iter().flat_map(|(ky, row)| {
        (0..columns).map(move |kx| {
            let x = kx * op.window.dilation[1] * channels;
            let w = (ky * columns + kx) * channels;
            let weights = op.weights.as_ptr();
            (row.wrapping_add(x), weights.wrapping_add(w))
        })
    });
    let mut count = 0;
    for (place, tap) in taps.iter_mut().zip(of_rows) {
        *place = tap;
        count += 1;
    }
    taps.get(..count).unwrap_or_default()
}

/// # Safety
/// As [`all`]; the strip is one of the window's, over these taps.
#[target_feature(enable = "avx512f")]
unsafe fn strip_of<W: Weight>(op: &F32<'_, f32, W>, taps: &[Tap<W>], strip: Strip) {
    let channels = op.window.output[2];
    for channel in (0..channels).step_by(LANES) {
        // SAFETY: the channels are in every pixel of the strip and in every tap.
        unsafe {
            match (taps.first_chunk(), channels - channel >= LANES) {
                (Some(nine), true) if taps.len() == 9 => nine_taps(op, nine, strip, channel),
                _ => any_taps(op, taps, strip, channel),
            }
        }
    }
}

/// Sixteen channels with weights in registers.
///
/// # Safety
/// As [`strip_of`]; the channels are there.
#[target_feature(enable = "avx512f")]
unsafe fn nine_taps<W: Weight>(
    op: &F32<'_, f32, W>,
    taps: &[Tap<W>; 9],
    strip: Strip,
    channel: usize,
) {
    let inputs = taps.map(|(x, _)| x);
    // SAFETY: the caller's promise.
    unsafe {
        let weights = taps.map(|(_, w)| W::sixteen(w.add(channel)));
        each_pixel(op, strip, channel, |x| {
            let mut sum = _mm512_setzero_ps();
            for (tap, w) in inputs.iter().zip(&weights) {
                sum = _mm512_fmadd_ps(_mm512_loadu_ps(tap.wrapping_add(x)), *w, sum);
            }
            sum
        });
    }
}

/// Sixteen channels, or what is left of them.
///
/// # Safety
/// As [`strip_of`]; the channels are there.
#[target_feature(enable = "avx512f")]
unsafe fn any_taps<W: Weight>(op: &F32<'_, f32, W>, taps: &[Tap<W>], strip: Strip, channel: usize) {
    let left = op.window.output[2] - channel;
    let mask = first_lanes(left);
    // SAFETY: the caller's promise; the mask leaves out what lies behind the last channel.
    unsafe {
        each_pixel(op, strip, channel, |x| {
            let mut sum = _mm512_setzero_ps();
            for (tap, w) in taps {
                let x = _mm512_maskz_loadu_ps(mask, tap.wrapping_add(x));
                sum = _mm512_fmadd_ps(x, up_to_sixteen(w.wrapping_add(channel), left), sum);
            }
            sum
        });
    }
}

/// Writes what `sum` makes of the element of each pixel, behind that of a tap.
///
/// # Safety
/// As [`strip_of`].
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn each_pixel<W>(
    op: &F32<'_, f32, W>,
    strip: Strip,
    channel: usize,
    sum: impl Fn(usize) -> __m512,
) {
    let channels = op.window.output[2];
    let mask = first_lanes(channels - channel);
    let finish = FinishF32::new(&op.epilogue, channel);
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let mut output = output.wrapping_add(strip.pixel * channels + channel);
    let mut x = channel;
    for _ in 0..strip.count {
        // SAFETY: the pixel is in the output; the mask leaves out what lies behind its last channel.
        unsafe { _mm512_mask_storeu_ps(output, mask, finish.apply(sum(x))) };
        x += op.window.stride[1] * channels;
        output = output.wrapping_add(channels);
    }
}
