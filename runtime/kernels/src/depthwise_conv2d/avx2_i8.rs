//! AVX2 in int8: 16 elements of a row at a time, two taps at a time. The input is converted to i16, less its zero point,
//! so that padding is 0.
//!
//! A block is 16 channels of a pixel. Where windows go on pixel by pixel and channels are no multiple of 16, rows are
//! cut into 16 elements regardless of pixels, and weights repeat after as many as are a multiple of both.
#![allow(unsafe_code)] // Vector instructions, and pointers that `check` has measured.

use core::arch::x86_64::*;
use core::mem::MaybeUninit;

use super::I8;
use crate::avx2::{Finish, LANES, eight_i32, store_i8, widen};
use crate::requantize::Multipliers;
use crate::rows::{self, Rows, Strip, Under};
use crate::{Avx2, Window};

/// Elements of a block.
const BLOCK: usize = 16;
/// Taps, and weights as i16 at the most: what the stack has room for.
const MAX_TAPS: usize = 32;
const MAX_WEIGHTS: usize = 16 * 1024;
/// Elements after which weights repeat, where they do.
const MAX_PERIOD: usize = 256;
/// Elements of the rows that are held, and of a row of padding, on the stack.
const SCRATCH: usize = 8192;
const PADDING: usize = 1024;

/// Whether this file has what it takes: one output channel for each input channel, and room.
pub(super) fn holds(window: &Window) -> bool {
    let (channels, taps) = (window.output[2], window.taps());
    window.input[2] == channels
        && channels <= PADDING
        && taps <= MAX_TAPS
        && channels.next_multiple_of(BLOCK) * taps.next_multiple_of(2) <= MAX_WEIGHTS
        && rows::fits(window, SCRATCH)
}

pub(super) fn i8(op: &I8<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe { all(op) }
}

/// How rows are cut into blocks.
#[derive(Clone, Copy)]
struct Cut {
    /// Elements after which weights repeat.
    period: usize,
    /// Whether blocks go on from pixel to pixel.
    is_flat: bool,
}

impl Cut {
    fn of(window: &Window) -> Cut {
        let channels = window.output[2];
        let period = channels * (BLOCK / (1 << channels.trailing_zeros().min(4)));
        match window.stride[1] == 1 && !channels.is_multiple_of(BLOCK) && period <= MAX_PERIOD {
            true => Cut {
                period,
                is_flat: true,
            },
            false => Cut {
                period: channels.next_multiple_of(BLOCK),
                is_flat: false,
            },
        }
    }
}

/// What belongs to each of so many channels, again and again.
fn repeated<T: Copy + Default>(of: &[T], channels: usize) -> [T; MAX_PERIOD] {
    let mut channel = 0;
    [(); MAX_PERIOD].map(|()| {
        let value = of.get(channel).copied().unwrap_or_default();
        channel = if channel + 1 < channels {
            channel + 1
        } else {
            0
        };
        value
    })
}

/// For each block and each pair of taps: the weights of both, interleaved as unpacking interleaves the elements.
type Weights = [MaybeUninit<__m256i>; MAX_WEIGHTS / BLOCK];

/// # Safety
/// The processor has AVX2; the operands fit the window, which [`holds`].
#[target_feature(enable = "avx2,fma")]
unsafe fn prepare(op: &I8<'_>, cut: Cut, prepared: &mut Weights) {
    let (channels, taps) = (op.window.output[2], op.window.taps());
    // Sixteen weights of a tap from an element of the period on; zeros behind the last tap and the last channel.
    let load = |tap: usize, first: usize| {
        let of_tap = op.weights.get(tap * channels..(tap + 1) * channels);
        let of_tap = of_tap.unwrap_or_default();
        let mut sixteen = [0i8; BLOCK];
        if let Some(block) = of_tap.get(first..first + BLOCK) {
            sixteen.copy_from_slice(block);
        } else {
            for (place, element) in sixteen.iter_mut().zip(first..) {
                let channel = if cut.is_flat {
                    element % channels
                } else {
                    element
                };
                *place = of_tap.get(channel).copied().unwrap_or_default();
            }
        }
        // SAFETY: sixteen bytes are read from sixteen.
        _mm256_cvtepi8_epi16(unsafe { _mm_loadu_si128(sixteen.as_ptr().cast()) })
    };
    let mut places = prepared.iter_mut();
    for first in (0..cut.period).step_by(BLOCK) {
        for tap in (0..taps).step_by(2) {
            let (a, b) = (load(tap, first), load(tap + 1, first));
            for half in [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)] {
                if let Some(place) = places.next() {
                    place.write(half);
                }
            }
        }
    }
}

/// # Safety
/// As [`prepare`].
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>) {
    let (window, channels) = (&op.window, op.window.output[2]);
    let cut = Cut::of(window);
    let mut weights = [const { MaybeUninit::uninit() }; MAX_WEIGHTS / BLOCK];
    // SAFETY: the caller's promise.
    unsafe { prepare(op, cut, &mut weights) };
    let input = op.input.as_ptr().cast::<i8>();
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let Some(mut rows) = Rows::new(window, &mut scratch, None) else {
        return;
    };
    let zero_point = op.quant.input_zero_point as i16;
    let copy = |from: usize, to: *mut i16, count: usize| {
        // SAFETY: `Rows` asks for elements of the input, and has room for them.
        unsafe { widen(input.add(from), to, count, zero_point) }
    };
    let bias = op.bias.unwrap_or_default();
    let (floats, pairs, biases);
    let (bias, multipliers) = match (cut.is_flat, op.multipliers) {
        (false, multipliers) => (bias, multipliers),
        (true, multipliers) => {
            biases = repeated(bias, channels);
            let multipliers = match multipliers {
                Multipliers::Onnx(m) if m.len() > 1 => {
                    floats = repeated(m, channels);
                    Multipliers::Onnx(&floats)
                }
                Multipliers::Tflite(m) if m.len() > 1 => {
                    pairs = repeated(m, channels);
                    Multipliers::Tflite(&pairs)
                }
                Multipliers::TfliteSingle(m) if m.len() > 1 => {
                    pairs = repeated(m, channels);
                    Multipliers::TfliteSingle(&pairs)
                }
                one => one,
            };
            (&biases[..], multipliers)
        }
    };
    let layer = Layer {
        window,
        cut,
        weights: weights.as_ptr().cast(),
        bias,
        multipliers,
        quant: op.quant,
        output: op.output.as_ptr().cast::<i8>().cast_mut(),
    };
    rows.for_each_strip((op.input, op.output), copy, |under, strip| {
        // SAFETY: the strip is one of this window's.
        unsafe {
            match window.taps().div_ceil(2) {
                5 => layer.strip::<5>(under, strip),
                _ => layer.strip::<0>(under, strip),
            }
        }
    });
}

/// A layer, prepared.
struct Layer<'a> {
    window: &'a Window,
    cut: Cut,
    weights: *const __m256i,
    /// For each element of a period, as the multipliers are.
    bias: &'a [i32],
    multipliers: Multipliers<'a>,
    quant: crate::requantize::Quant,
    output: *mut i8,
}

impl Layer<'_> {
    /// Makes a strip, with so many pairs of taps, or any number where that is 0.
    ///
    /// # Safety
    /// The processor has AVX2; the strip is one of the window's, over these rows.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn strip<const PAIRS: usize>(&self, under: &Under<i16>, strip: Strip) {
        let (window, channels) = (self.window, self.window.output[2]);
        let pairs = match PAIRS {
            0 => window.taps().div_ceil(2),
            pairs => pairs,
        };
        // Taps outside the input read padding, and so does one that fills up an odd number.
        let mut taps = [under.padding().unwrap_or(core::ptr::null()); MAX_TAPS];
        for (ky, row) in under.rows() {
            for kx in 0..window.kernel[1] {
                if let Some(tap) = taps.get_mut(ky * window.kernel[1] + kx) {
                    *tap = row.wrapping_add(kx * window.dilation[1] * channels);
                }
            }
        }
        let taps = taps.get(..2 * pairs).unwrap_or_default();
        let elements = strip.count * channels;
        let [x_step, y_step] = match self.cut.is_flat {
            true => [self.cut.period; 2],
            false => [window.stride[1] * channels, channels],
        };
        for first in (0..self.cut.period).step_by(BLOCK) {
            let finish = Finish::new(&self.multipliers, &self.quant, first);
            let bias = [first, first + LANES].map(|first| eight_i32(self.bias, first));
            let weights = self.weights.wrapping_add(first / BLOCK * 2 * pairs);
            let output = self.output.wrapping_add(strip.pixel * channels);
            let (mut x, mut y) = (first, first);
            while y < elements {
                // SAFETY: the block is a part of the rows and of the weights; its first lanes are one of the output.
                unsafe {
                    let [low, high] = sums(taps, x, weights);
                    let sums = [
                        _mm256_add_epi32(low, bias[0]),
                        _mm256_add_epi32(high, bias[1]),
                    ];
                    let lanes = match self.cut.is_flat {
                        true => elements - y,
                        false => channels - first,
                    };
                    store_i8(output.wrapping_add(y), finish.apply(sums), lanes);
                }
                (x, y) = (x + x_step, y + y_step);
            }
        }
    }
}

/// Sums of 16 elements from `first` on over pairs of taps.
///
/// # Safety
/// The processor has AVX2; the elements are behind each tap, two registers of weights for each pair at `weights`.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn sums(taps: &[*const i16], first: usize, weights: *const __m256i) -> [__m256i; 2] {
    // Elements 0 to 3 and 8 to 11, 4 to 7 and 12 to 15: as unpacking leaves them.
    let mut sums = [_mm256_setzero_si256(); 2];
    let (pairs, _) = taps.as_chunks::<2>();
    for (index, pair) in pairs.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe {
            let [a, b] = pair.map(|tap| _mm256_loadu_si256(tap.add(first).cast()));
            let low = _mm256_madd_epi16(_mm256_unpacklo_epi16(a, b), weights.add(2 * index).read());
            let high = _mm256_madd_epi16(
                _mm256_unpackhi_epi16(a, b),
                weights.add(2 * index + 1).read(),
            );
            sums = [
                _mm256_add_epi32(sums[0], low),
                _mm256_add_epi32(sums[1], high),
            ];
        }
    }
    let [low, high] = sums;
    [
        _mm256_permute2x128_si256::<0x20>(low, high),
        _mm256_permute2x128_si256::<0x31>(low, high),
    ]
}
