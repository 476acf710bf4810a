//! AVX2 and FMA in f32: 8 channels of a row of pixels after 8.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::F32;
use crate::avx2::{FinishF32, LANES, opaque, store_f32};
use crate::overlap::is_apart;
use crate::rows::{self, Rows, Strip, Under};
use crate::{Avx2, Epilogue, Window};

/// Taps of a window at the most.
const MAX_TAPS: usize = 32;
/// Elements of the rows that are held, on the stack.
const SCRATCH: usize = 8192;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS && rows::fits(window, SCRATCH)
}

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// # Safety
/// The processor has AVX2 and FMA; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &F32<'_>) {
    let input = op.input.as_ptr().cast::<f32>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&op.window, &mut scratch, in_place) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { input.add(from).copy_to_nonoverlapping(to, count) }
    };
    let mut taps = Taps::NONE;
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        taps.set(op, under);
        // SAFETY: the strip is one of this window's.
        unsafe { strip_of(op, &taps, strip) }
    });
}

/// First elements and weights of the taps under a strip.
struct Taps {
    taps: [(*const f32, *const f32); MAX_TAPS],
    count: usize,
}

impl Taps {
    const NONE: Taps = Taps {
        taps: [(core::ptr::null(), core::ptr::null()); MAX_TAPS],
        count: 0,
    };

    /// Those outside the input read padding, where there is a row of it, and are left out elsewhere.
    #[inline(always)]
    fn set(&mut self, op: &F32<'_>, under: &Under<f32>) {
        let (window, channels) = (&op.window, op.window.output[2]);
        let [height, columns] = window.kernel;
        self.count = 0;
        let mut rows = under.rows().iter().peekable();
        for ky in 0..height {
            let row = match rows.next_if(|(at, _)| *at == ky) {
                Some((_, row)) => Some(*row),
                None => under.padding(),
            };
            let Some(row) = row else {
                continue;
            };
            for kx in 0..columns {
                if let Some(tap) = self.taps.get_mut(self.count) {
                    let weights = (ky * columns + kx) * channels;
                    let x = kx * window.dilation[1] * channels;
                    *tap = (
                        row.wrapping_add(x),
                        op.weights.as_ptr().wrapping_add(weights),
                    );
                    self.count += 1;
                }
            }
        }
    }
}

/// # Safety
/// As [`all`]; the strip is one of the window's, over these taps.
#[target_feature(enable = "avx2,fma")]
unsafe fn strip_of(op: &F32<'_>, taps: &Taps, strip: Strip) {
    let channels = op.window.output[2];
    let output = op.output.as_ptr().cast::<f32>().cast_mut();
    let strip = Blocks {
        epilogue: &op.epilogue,
        channels,
        steps: [op.window.stride[1] * channels, channels],
        output: output.wrapping_add(strip.pixel * channels),
        count: strip.count,
    };
    // SAFETY: the channels are in every pixel of the strip and in every tap.
    unsafe {
        match taps.taps.first_chunk() {
            Some(nine) if taps.count == 9 => strip.fixed::<9>(nine),
            _ => strip.any(taps.taps.get(..taps.count).unwrap_or_default(), 0),
        }
    }
}

/// The pixels of a strip, eight channels after eight.
struct Blocks<'a> {
    epilogue: &'a Epilogue<'a>,
    channels: usize,
    /// From pixel to pixel: elements of the input and of the output.
    steps: [usize; 2],
    /// Of the first pixel.
    output: *mut f32,
    count: usize,
}

impl Blocks<'_> {
    /// With weights in registers.
    ///
    /// # Safety
    /// The processor has AVX2 and FMA; all channels are behind every tap and in every output.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn fixed<const TAPS: usize>(&self, taps: &[(*const f32, *const f32); TAPS]) {
        let whole = self.channels / LANES * LANES;
        let inputs = taps.map(|(x, _)| x);
        for channel in (0..whole).step_by(LANES) {
            let finish = FinishF32::new(self.epilogue, channel);
            // SAFETY: the caller's promise.
            unsafe {
                let weights = taps.map(|(_, w)| _mm256_loadu_ps(w.add(channel)));
                let (mut x, mut output) = (channel, self.output.wrapping_add(channel));
                for _ in 0..self.count {
                    let mut sum = _mm256_setzero_ps();
                    for (tap, w) in inputs.iter().zip(&weights) {
                        sum = _mm256_fmadd_ps(_mm256_loadu_ps(tap.add(x)), *w, sum);
                    }
                    _mm256_storeu_ps(output, finish.apply(sum));
                    x = opaque(x + self.steps[0]);
                    output = output.wrapping_add(self.steps[1]);
                }
            }
        }
        // SAFETY: as above.
        unsafe { self.any(taps, whole) };
    }

    /// The channels from `first` on.
    ///
    /// # Safety
    /// As [`fixed`](Self::fixed).
    #[target_feature(enable = "avx2,fma")]
    unsafe fn any(&self, taps: &[(*const f32, *const f32)], first: usize) {
        let lane_numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        for channel in (first..self.channels).step_by(LANES) {
            let lanes = self.channels - channel;
            let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes as i32), lane_numbers);
            let finish = FinishF32::new(self.epilogue, channel);
            let (mut x, mut output) = (channel, self.output.wrapping_add(channel));
            for _ in 0..self.count {
                let mut sum = _mm256_setzero_ps();
                // SAFETY: the mask leaves out what lies behind the last channel.
                unsafe {
                    for (tap, w) in taps {
                        let w = _mm256_maskload_ps(w.add(channel), mask);
                        sum = _mm256_fmadd_ps(_mm256_maskload_ps(tap.add(x), mask), w, sum);
                    }
                    store_f32(output, finish.apply(sum), lanes);
                }
                x += self.steps[0];
                output = output.wrapping_add(self.steps[1]);
            }
        }
    }
}
