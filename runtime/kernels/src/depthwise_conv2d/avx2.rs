//! AVX2 and FMA: 8 or 16 channels of a pixel at a time, pixel by pixel as the scalar file goes, so that operands may
//! overlap as there.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;

use super::{F32, I8, scalar};
use crate::avx2::{Finish, LANES, eight_i32, finish_f32, store_f32, store_i8};
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

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: as above.
    unsafe { all_i8(op) }
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
            self.edge.push([pixel * channels, tap * channels])
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

/// # Safety
/// As [`all_f32`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all_i8(op: &I8<'_>) {
    let channels = op.window.output[2];
    let y = op.output.as_ptr().cast::<i8>().cast_mut();
    let mut taps = Taps::new(&op.window);
    op.window
        .for_each_pixel(op.input, op.output, |oy, ox, pixel| {
            let (origin, taps) = taps.find(&op.window, oy, ox);
            let mut channel = 0;
            while channel + LANES <= channels {
                let count = if channel + 2 * LANES <= channels {
                    2 * LANES
                } else {
                    LANES
                };
                // SAFETY: so many channels from `channel` on are in every pixel and tap.
                unsafe {
                    let sums = if count > LANES {
                        sums_i8::<true>(op, origin, taps, channel)
                    } else {
                        sums_i8::<false>(op, origin, taps, channel)
                    };
                    for (half, sums) in sums.into_iter().take(count / LANES).enumerate() {
                        let channel = channel + half * LANES;
                        let value = Finish::new(&op.multipliers, &op.quant, channel).apply(sums);
                        store_i8(y.add(pixel * channels + channel), value, LANES);
                    }
                }
                channel += count;
            }
            for channel in channel..channels {
                scalar::i8_element(op, oy, ox, channel, channel, pixel * channels + channel);
            }
        });
}

/// Sums of 16 channels, or of 8.
///
/// # Safety
/// As [`all_i8`]; so many channels from `channel` on are in every pixel and tap.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums_i8<const IS_WHOLE: bool>(
    op: &I8<'_>,
    origin: usize,
    taps: &[[usize; 2]],
    channel: usize,
) -> [__m256i; 2] {
    let x = op.input.as_ptr().cast::<i8>().wrapping_add(origin);
    let w = op.weights.as_ptr();
    let zero_point = _mm256_set1_epi16(op.quant.input_zero_point as i16);
    // SAFETY: the caller's promise.
    let load = |from: *const i8| unsafe {
        _mm256_cvtepi8_epi16(if IS_WHOLE {
            _mm_loadu_si128(from.cast())
        } else {
            _mm_loadl_epi64(from.cast())
        })
    };
    // SAFETY: the caller's promise.
    let tap = |[first_x, first_w]: [usize; 2]| unsafe {
        let x = _mm256_sub_epi16(load(x.add(first_x + channel)), zero_point);
        [x, load(w.add(first_w + channel))]
    };
    // Channels 0 to 3 and 8 to 11, 4 to 7 and 12 to 15: as unpacking leaves them.
    let mut sums = [_mm256_setzero_si256(); 2];
    let mut add = |[xa, wa]: [__m256i; 2], [xb, wb]: [__m256i; 2]| {
        let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(xa, xb), _mm256_unpacklo_epi16(wa, wb));
        let high = _mm256_madd_epi16(_mm256_unpackhi_epi16(xa, xb), _mm256_unpackhi_epi16(wa, wb));
        sums = [
            _mm256_add_epi32(sums[0], low),
            _mm256_add_epi32(sums[1], high),
        ];
    };
    let (pairs, rest) = taps.as_chunks::<2>();
    for [a, b] in pairs {
        add(tap(*a), tap(*b));
    }
    if let [last] = rest {
        add(tap(*last), [_mm256_setzero_si256(); 2]);
    }
    let [low, high] = sums;
    let low_channels = _mm256_permute2x128_si256::<0x20>(low, high);
    let high_channels = _mm256_permute2x128_si256::<0x31>(low, high);
    let bias = op.bias.unwrap_or_default();
    [
        _mm256_add_epi32(low_channels, eight_i32(bias, channel)),
        _mm256_add_epi32(high_channels, eight_i32(bias, channel + LANES)),
    ]
}
