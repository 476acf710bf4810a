//! AVX2 and FMA in f32: 8 channels of a row of pixels after 8.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::F32;
use crate::avx2::{FinishF32, LANES, opaque, store_f32};
use crate::overlap::is_apart;
use crate::rows::{self, MAX_BAND, Rows, Strip, Under};
use crate::weight::avx2::up_to_eight;
use crate::{Avx2, Epilogue, Weight, Window};

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
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let in_place = is_apart(op.input, op.output).then_some(input);
    let Some(mut rows) = Rows::new(&op.window, &mut scratch, in_place, 0) else {
        return;
    };
    let copy = |from: usize, to: *mut f32, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { input.add(from).copy_to_nonoverlapping(to, count) }
    };
    let mut places = [Row::NONE; MAX_BAND];
    rows.for_each_band((op.input, op.output), copy, |band| {
        let mut count = 0;
        for (place, (under, strip)) in places.iter_mut().zip(band.strips()) {
            place.set(op, &under, strip);
            count += 1;
        }
        let rows = places.get(..count).unwrap_or_default();
        // SAFETY: the rows are of this window's.
        unsafe { band_of(op, rows) };
    });
}

/// A row of outputs, with first elements and weights of the taps under it.
#[derive(Clone, Copy)]
struct Row<W> {
    taps: [(*const f32, *const W); MAX_TAPS],
    count: usize,
    strip: Strip,
}

impl<W: Weight> Row<W> {
    const NONE: Row<W> = Row {
        taps: [(core::ptr::null(), core::ptr::null()); MAX_TAPS],
        count: 0,
        strip: Strip { pixel: 0, count: 0 },
    };

    /// Taps outside the input read padding, where there is a row of it, and are left out elsewhere.
    #[inline(always)]
    fn set(&mut self, op: &F32<'_, f32, W>, under: &Under<'_, f32>, strip: Strip) {
        let (window, channels) = (&op.window, op.window.output[2]);
        let [height, columns] = window.kernel;
        self.count = 0;
        self.strip = strip;
        let mut rows = under.rows().iter().peekable();
        for ky in 0..height {
            let row = match rows.next_if(|(at, _)| *at == ky) {
                Some((_, row)) => Some(*row),
                None => under.padding(),
            };
            let Some(mut row) = row else {
                continue;
            };
            let mut weights = op.weights.as_ptr().wrapping_add(ky * columns * channels);
            for _ in 0..columns {
                if let Some(tap) = self.taps.get_mut(self.count) {
                    *tap = (row, weights);
                    self.count += 1;
                }
                row = row.wrapping_add(window.dilation[1] * channels);
                weights = weights.wrapping_add(channels);
            }
        }
    }
}

/// # Safety
/// As [`all`]; the rows are of the window's.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn band_of<W: Weight>(op: &F32<'_, f32, W>, rows: &[Row<W>]) {
    let channels = op.window.output[2];
    let blocks = Blocks {
        epilogue: &op.epilogue,
        channels,
        steps: [op.window.stride[1] * channels, channels],
        output: op.output.as_ptr().cast::<f32>().cast_mut(),
        rows,
    };
    // All of them, where there is padding for those outside the input.
    let is_nine = rows.iter().all(|row| row.count == 9);
    let whole = match is_nine {
        true => channels / LANES * LANES,
        false => 0,
    };
    // SAFETY: the channels are in every pixel of the rows and in every tap.
    unsafe {
        for channel in (0..whole).step_by(LANES) {
            blocks.fixed::<9>(channel);
        }
        for channel in (whole..channels).step_by(LANES) {
            blocks.any(channel);
        }
    }
}

/// Rows of outputs, eight channels after eight.
struct Blocks<'a, W> {
    epilogue: &'a Epilogue<'a>,
    channels: usize,
    /// From pixel to pixel: elements of the input and of the output.
    steps: [usize; 2],
    output: *mut f32,
    rows: &'a [Row<W>],
}

impl<W: Weight> Blocks<'_, W> {
    /// Eight channels from one on, with weights in registers.
    ///
    /// # Safety
    /// The processor has AVX2, FMA and F16C; all channels are behind every tap and in every output, and so many taps under
    /// each row.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn fixed<const TAPS: usize>(&self, channel: usize) {
        let finish = FinishF32::new(self.epilogue, channel);
        let Some(taps) = self
            .rows
            .first()
            .and_then(|row| row.taps.first_chunk::<TAPS>())
        else {
            return;
        };
        // SAFETY: the caller's promise.
        let weights = taps.map(|(_, w)| unsafe { W::eight(w.add(channel)) });
        for row in self.rows {
            let Some(taps) = row.taps.first_chunk::<TAPS>() else {
                return;
            };
            let inputs = taps.map(|(x, _)| x);
            let (mut x, mut output) = (channel, self.first_of(row, channel));
            for _ in 0..row.strip.count {
                let mut sum = _mm256_setzero_ps();
                // SAFETY: the caller's promise.
                unsafe {
                    for (tap, w) in inputs.iter().zip(&weights) {
                        sum = _mm256_fmadd_ps(_mm256_loadu_ps(tap.add(x)), *w, sum);
                    }
                    _mm256_storeu_ps(output, finish.apply(sum));
                }
                x = opaque(x + self.steps[0]);
                output = output.wrapping_add(self.steps[1]);
            }
        }
    }

    /// Eight channels from one on, or as many as are left.
    ///
    /// # Safety
    /// As [`fixed`](Self::fixed).
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn any(&self, channel: usize) {
        let lane_numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        let lanes = self.channels - channel;
        let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes as i32), lane_numbers);
        let finish = FinishF32::new(self.epilogue, channel);
        for row in self.rows {
            let taps = row.taps.get(..row.count).unwrap_or_default();
            let mut weights = [_mm256_setzero_ps(); MAX_TAPS];
            for (weights, (_, w)) in weights.iter_mut().zip(taps) {
                // SAFETY: so many channels are left in every tap.
                *weights = unsafe { up_to_eight(w.add(channel), lanes) };
            }
            let (mut x, mut output) = (channel, self.first_of(row, channel));
            for _ in 0..row.strip.count {
                let mut sum = _mm256_setzero_ps();
                // SAFETY: the mask leaves out what lies behind the last channel.
                unsafe {
                    for ((tap, _), w) in taps.iter().zip(&weights) {
                        sum = _mm256_fmadd_ps(_mm256_maskload_ps(tap.add(x), mask), *w, sum);
                    }
                    store_f32(output, finish.apply(sum), lanes);
                }
                x += self.steps[0];
                output = output.wrapping_add(self.steps[1]);
            }
        }
    }

    /// Where a channel of the first pixel of a row is written.
    fn first_of(&self, row: &Row<W>, channel: usize) -> *mut f32 {
        let pixel = row.strip.pixel * self.channels;
        self.output.wrapping_add(pixel + channel)
    }
}
