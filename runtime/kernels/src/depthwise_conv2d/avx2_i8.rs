//! AVX2 in int8: 16 channels of a pixel at a time, two taps at a time, pixel by pixel as the scalar file goes, so that
//! operands may overlap as there. What the zero point takes off the sums is taken off the bias once; padding reads the
//! zero point.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use crate::avx2::{Finish, LANES, store_i8};
use crate::requantize::Multipliers;
use crate::{Avx2, Window};

/// Channels, taps, and weights as pairs of i16 at the most: what the stack has room for.
const MAX_CHANNELS: usize = 1024;
const MAX_TAPS: usize = 32;
const MAX_WEIGHTS: usize = 12 * 1024;
/// Channels of a block.
const BLOCK: usize = 16;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    let (channels, taps) = (window.output[2], window.taps());
    window.input[2] == channels
        && channels <= MAX_CHANNELS
        && taps <= MAX_TAPS
        && channels.next_multiple_of(BLOCK) * taps.next_multiple_of(2) <= MAX_WEIGHTS
}

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// Weights and biases as the inner loop wants them.
struct Prepared {
    /// For each block of channels and each pair of taps: the weights of both, interleaved as unpacking interleaves the
    /// elements.
    weights: [MaybeUninit<__m256i>; MAX_WEIGHTS / BLOCK],
    /// Less what the zero point adds.
    bias: [i32; MAX_CHANNELS],
    /// Multipliers of numerics `onnx`, one a channel.
    multipliers: [f32; MAX_CHANNELS],
    /// A pixel of padding.
    padding: [i8; MAX_CHANNELS + BLOCK],
}

impl Prepared {
    /// # Safety
    /// The processor has AVX2; the operands fit the window, which [`holds`].
    #[target_feature(enable = "avx2,fma")]
    unsafe fn fill(&mut self, op: &I8<'_>) {
        let (channels, taps) = (op.window.output[2], op.window.taps());
        if let Some(bias) = op.bias {
            let places = self.bias.iter_mut().zip(bias);
            places.for_each(|(place, &bias)| *place = bias);
        }
        for weights in op.weights.chunks_exact(channels.max(1)) {
            for (place, &w) in self.bias.iter_mut().zip(weights) {
                *place = place.wrapping_sub(op.quant.input_zero_point * i32::from(w));
            }
        }
        if let Multipliers::Onnx(m) = op.multipliers {
            for (channel, place) in self.multipliers.iter_mut().enumerate().take(channels) {
                *place = m.get(channel).or(m.first()).copied().unwrap_or_default();
            }
        }
        self.padding.fill(op.quant.input_zero_point as i8);
        // Behind the last channel there are zeros.
        let load = |tap: usize, channel: usize| {
            let mut sixteen = [0i8; BLOCK];
            if tap < taps {
                let rest = op
                    .weights
                    .get(tap * channels + channel..(tap + 1) * channels);
                let places = sixteen.iter_mut().zip(rest.unwrap_or_default());
                places.for_each(|(place, &w)| *place = w);
            }
            // SAFETY: sixteen bytes are read from sixteen.
            _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) })
        };
        let mut places = self.weights.iter_mut();
        for channel in (0..channels).step_by(BLOCK) {
            for tap in (0..taps).step_by(2) {
                let (a, b) = (load(tap, channel), load(tap + 1, channel));
                for half in [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)] {
                    if let Some(place) = places.next() {
                        place.write(half);
                    }
                }
            }
        }
    }
}

/// # Safety
/// As [`Prepared::fill`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>) {
    let window = &op.window;
    let ([height, width, channels], [kh, kw]) = (window.input, window.kernel);
    let ([sy, sx], [dy, dx], [py, px]) = (window.stride, window.dilation, window.pad);
    let mut prepared = Prepared {
        weights: [const { MaybeUninit::uninit() }; MAX_WEIGHTS / BLOCK],
        bias: [0; MAX_CHANNELS],
        multipliers: [0.0; MAX_CHANNELS],
        padding: [0; MAX_CHANNELS + BLOCK],
    };
    // SAFETY: the caller's promise.
    unsafe { prepared.fill(op) };
    let input = op.input.as_ptr().cast::<i8>();
    let padding = prepared.padding.as_ptr();
    let output = op.output.as_ptr().cast::<i8>().cast_mut();
    // An odd number of taps is filled up with one of padding, whose weights are 0.
    let mut taps = [padding; MAX_TAPS];
    let pairs = window.taps().div_ceil(2);
    let finish = Finish::new(&op.multipliers, &op.quant, 0);
    window.for_each_pixel(op.input, op.output, |oy, ox, pixel| {
        let mut places = taps.iter_mut();
        // Wraps left of the input, and is then beyond any extent.
        let left = (ox * sx).wrapping_sub(px);
        for ky in 0..kh {
            let y = (oy * sy + ky * dy).wrapping_sub(py);
            let mut x = left;
            let mut tap =
                input.wrapping_add(y.wrapping_mul(width).wrapping_add(x).wrapping_mul(channels));
            for _ in 0..kw {
                if let Some(place) = places.next() {
                    *place = if y < height && x < width {
                        tap
                    } else {
                        padding
                    };
                }
                x = x.wrapping_add(dx);
                tap = tap.wrapping_add(dx * channels);
            }
        }
        let taps = taps.get(..2 * pairs).unwrap_or_default();
        for channel in (0..channels).step_by(BLOCK) {
            let left = channels - channel;
            // SAFETY: the channels are in every pixel and prepared.
            unsafe {
                let weights = prepared.weights.as_ptr().cast::<__m256i>();
                let weights = weights.add(channel / BLOCK * 2 * pairs);
                let sums = if left >= BLOCK {
                    sums(taps, weights, |tap| {
                        _mm_loadu_si128(tap.add(channel).cast())
                    })
                } else {
                    sums(taps, weights, |tap| some(tap.add(channel), left))
                };
                for (half, sum) in sums.into_iter().take(left.div_ceil(LANES)).enumerate() {
                    let channel = channel + half * LANES;
                    let bias = _mm256_loadu_si256(prepared.bias.as_ptr().add(channel).cast());
                    let finish = match op.multipliers {
                        Multipliers::Onnx(_) => {
                            finish.with(_mm256_loadu_ps(prepared.multipliers.as_ptr().add(channel)))
                        }
                        _ => Finish::new(&op.multipliers, &op.quant, channel),
                    };
                    let value = finish.apply(_mm256_add_epi32(sum, bias));
                    let to = output.add(pixel * channels + channel);
                    store_i8(to, value, channels - channel);
                }
            }
        }
    });
}

/// The first `count` bytes, fewer than 16, and zeros.
///
/// # Safety
/// So many bytes are at `from`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn some(from: *const i8, count: usize) -> __m128i {
    // Parts of 8, 4, 2 and 1 bytes that make up the count, the last at the top.
    let (mut low, mut rest, mut filled, mut done) = (0u64, 0u64, 0, 0);
    // SAFETY: the caller's promise.
    unsafe {
        if count & 8 != 0 {
            low = from.cast::<u64>().read_unaligned();
            done = 8;
        }
        if count & 4 != 0 {
            rest = u64::from(from.add(done).cast::<u32>().read_unaligned());
            (done, filled) = (done + 4, 32);
        }
        if count & 2 != 0 {
            rest |= u64::from(from.add(done).cast::<u16>().read_unaligned()) << filled;
            (done, filled) = (done + 2, filled + 16);
        }
        if count & 1 != 0 {
            rest |= u64::from(from.add(done).cast::<u8>().read()) << filled;
        }
    }
    let [low, high] = if count & 8 != 0 {
        [low, rest]
    } else {
        [rest, 0]
    };
    _mm_set_epi64x(high as i64, low as i64)
}

/// Sums of a block of 16 channels over pairs of taps.
///
/// # Safety
/// The processor has AVX2; two registers of weights for each pair are at `weights`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums(
    taps: &[*const i8],
    weights: *const __m256i,
    load: impl Fn(*const i8) -> __m128i,
) -> [__m256i; 2] {
    let load = |tap: *const i8| _mm256_cvtepi8_epi16(load(tap));
    // Channels 0 to 3 and 8 to 11, 4 to 7 and 12 to 15: as unpacking leaves them.
    let mut sums = [_mm256_setzero_si256(); 2];
    let (pairs, _) = taps.as_chunks::<2>();
    for (index, [a, b]) in pairs.iter().enumerate() {
        let (a, b) = (load(*a), load(*b));
        // SAFETY: the caller's promise.
        let [low, high] = unsafe {
            [
                weights.add(2 * index).read(),
                weights.add(2 * index + 1).read(),
            ]
        };
        sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), low));
        sums[1] = _mm256_add_epi32(
            sums[1],
            _mm256_madd_epi16(_mm256_unpackhi_epi16(a, b), high),
        );
    }
    let [low, high] = sums;
    [
        _mm256_permute2x128_si256::<0x20>(low, high),
        _mm256_permute2x128_si256::<0x31>(low, high),
    ]
}
