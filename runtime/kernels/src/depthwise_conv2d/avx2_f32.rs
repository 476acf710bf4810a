//! AVX2 and FMA in f32: 8 or 32 channels of a pixel at a time, pixel by pixel as the scalar file goes, so that operands may
//! overlap as there.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::F32;
use crate::avx2::{LANES, finish_f32, store_f32};
use crate::{Avx2, Window};

/// Taps of a window at the most.
const MAX_TAPS: usize = 64;

/// Whether this file has what it takes: one output channel for each input channel, and not too many taps.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS
}

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all_f32(op) }
}

/// Where the taps of a window lie: first elements of the input and of the weights.
struct Taps {
    /// Of a window wholly inside the input, the former less the first.
    inside: Places,
    /// Of another.
    edge: Places,
}

struct Places {
    taps: [[usize; 2]; MAX_TAPS],
    count: usize,
}

impl Places {
    fn new(window: &Window) -> Places {
        let ([_, width, channels], [kh, kw], [dy, dx]) =
            (window.input, window.kernel, window.dilation);
        let mut places = Places {
            taps: [[0; 2]; MAX_TAPS],
            count: 0,
        };
        for (tap, (ky, kx)) in (0..kh)
            .flat_map(|ky| (0..kw).map(move |kx| (ky, kx)))
            .enumerate()
        {
            places.push([(ky * dy * width + kx * dx) * channels, tap * channels]);
        }
        places
    }

    #[inline]
    fn push(&mut self, place: [usize; 2]) {
        if let Some(next) = self.taps.get_mut(self.count) {
            *next = place;
            self.count += 1;
        }
    }
}

impl Taps {
    fn new(window: &Window) -> Taps {
        Taps {
            inside: Places::new(window),
            edge: Places {
                taps: [[0; 2]; MAX_TAPS],
                count: 0,
            },
        }
    }

    /// The taps of the window at output `[oy, ox]` that lie inside the input, and the element that they are counted
    /// from.
    #[inline]
    fn find(&mut self, window: &Window, oy: usize, ox: usize) -> (usize, &[[usize; 2]]) {
        let [height, width, channels] = window.input;
        // Wraps where the window starts in the padding, and is then beyond any extent.
        let start =
            |o: usize, axis: usize| (o * window.stride[axis]).wrapping_sub(window.pad[axis]);
        let span = |axis: usize| (window.kernel[axis] - 1) * window.dilation[axis];
        let fits = |start: usize, extent: usize, axis: usize| {
            start < extent && span(axis) < extent - start
        };
        let (y, x) = (start(oy, 0), start(ox, 1));
        if fits(y, height, 0) && fits(x, width, 1) {
            let taps = self.inside.taps.get(..self.inside.count);
            return ((y * width + x) * channels, taps.unwrap_or_default());
        }
        self.edge.count = 0;
        window.for_each_tap(oy, ox, |pixel, tap| {
            self.edge.push([pixel * channels, tap * channels]);
        });
        (0, self.edge.taps.get(..self.edge.count).unwrap_or_default())
    }
}

/// # Safety
/// The processor has AVX2 and FMA; the lengths of the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all_f32(op: &F32<'_>) {
    let channels = op.window.output[2];
    let x = op.input.as_ptr().cast::<f32>();
    let w = op.weights.as_ptr();
    let y = op.output.as_ptr().cast::<f32>().cast_mut();
    let rest = channels % LANES;
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(rest as i32), lanes);
    let mut taps = Taps::new(&op.window);
    op.window
        .for_each_pixel(op.input, op.output, |oy, ox, pixel| {
            let (origin, taps) = taps.find(&op.window, oy, ox);
            // SAFETY: the channels are in every pixel and tap.
            unsafe {
                let (x, y) = (x.add(origin), y.add(pixel * channels));
                let mut channel = 0;
                while channel + 4 * LANES <= channels {
                    run_f32::<4>(op, [x, w], y, taps, channel);
                    channel += 4 * LANES;
                }
                while channel + LANES <= channels {
                    run_f32::<1>(op, [x, w], y, taps, channel);
                    channel += LANES;
                }
            }
            if rest > 0 {
                let channel = channels - rest;
                let mut sum = _mm256_setzero_ps();
                // SAFETY: the mask leaves out what lies behind the last channel.
                unsafe {
                    for [first_x, first_w] in taps {
                        let x = _mm256_maskload_ps(x.add(origin + first_x + channel), mask);
                        let w = _mm256_maskload_ps(w.add(first_w + channel), mask);
                        sum = _mm256_fmadd_ps(x, w, sum);
                    }
                    let value = finish_f32(&op.epilogue, sum, channel);
                    store_f32(y.add(pixel * channels + channel), value, rest);
                }
            }
        });
}

/// `N * 8` channels of an output pixel.
///
/// # Safety
/// As [`all_f32`]; so many channels from `channel` on are in every tap behind `x` and `w`, and in the pixel at `y`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_f32<const N: usize>(
    op: &F32<'_>,
    [x, w]: [*const f32; 2],
    y: *mut f32,
    taps: &[[usize; 2]],
    channel: usize,
) {
    let mut sums = [_mm256_setzero_ps(); N];
    // SAFETY: the caller's promise.
    unsafe {
        for [first_x, first_w] in taps {
            let (x, w) = (x.add(first_x + channel), w.add(first_w + channel));
            for (part, sum) in sums.iter_mut().enumerate() {
                let x = _mm256_loadu_ps(x.add(part * LANES));
                *sum = _mm256_fmadd_ps(x, _mm256_loadu_ps(w.add(part * LANES)), *sum);
            }
        }
        for (part, sum) in sums.into_iter().enumerate() {
            let channel = channel + part * LANES;
            store_f32(
                y.add(channel),
                finish_f32(&op.epilogue, sum, channel),
                LANES,
            );
        }
    }
}
