//! From sums to int8.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::aarch64::*;

use super::{LANES, some_f32, some_i32};
use crate::requantize::{Multipliers, Quant};

/// Multipliers of `N` registers of neighbouring channels.
pub(crate) enum Scale<const N: usize> {
    Onnx([float32x4_t; N]),
    Tflite([Fixed; N]),
    Single([Fixed; N]),
}

impl<const N: usize> Scale<N> {
    /// Those from `channel` on.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(multipliers: Multipliers<'_>, channel: usize) -> Self {
        match multipliers {
            Multipliers::Onnx([one]) => Scale::Onnx([vdupq_n_f32(*one); N]),
            Multipliers::Onnx(m) => Scale::Onnx(some_f32(m, channel)),
            Multipliers::Tflite(m) => Scale::Tflite(Fixed::of(m, channel)),
            Multipliers::TfliteSingle(m) => Scale::Single(Fixed::of(m, channel)),
        }
    }

    /// Makes rows of channels of their sums.
    ///
    /// # Safety
    /// The processor has NEON; the rows are valid for writes.
    #[inline(always)]
    pub(crate) unsafe fn finish<const ROWS: usize>(
        &self,
        clamp: Clamp<'_>,
        sums: [[int32x4_t; N]; ROWS],
        rows: Rows,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Scale::Onnx(m) => rows.store(clamp, sums, |it, part| scale_onnx(it, m[part])),
                Scale::Tflite(m) => rows.store(clamp, sums, |it, part| m[part].double(it)),
                Scale::Single(m) => {
                    // A copy, so that the sums themselves need not be in memory.
                    let copy = sums;
                    finish_single(
                        m,
                        clamp.quant,
                        &copy,
                        (rows.output, rows.stride, rows.count),
                    );
                }
            }
        }
    }
}

/// [`Scale::finish`] with one rounding. Apart, for brevity: only fully connected layers come here.
///
/// # Safety
/// As there.
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn finish_single<const ROWS: usize, const N: usize>(
    scale: &[Fixed; N],
    quant: &Quant,
    sums: &[[int32x4_t; N]; ROWS],
    (output, stride, count): (*mut i8, usize, usize),
) {
    let rows = Rows {
        output,
        stride,
        count,
    };
    // SAFETY: the caller's promise.
    unsafe { rows.store(Clamp::new(quant), *sums, |it, part| scale[part].single(it)) };
}

/// Where rows of channels go.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    /// The first channel of the first row.
    pub(crate) output: *mut i8,
    /// From row to row.
    pub(crate) stride: usize,
    /// Channels that are written at the most.
    pub(crate) count: usize,
}

impl Rows {
    /// # Safety
    /// As [`Scale::finish`].
    #[inline(always)]
    unsafe fn store<const ROWS: usize, const N: usize>(
        self,
        clamp: Clamp<'_>,
        sums: [[int32x4_t; N]; ROWS],
        scale: impl Fn(int32x4_t, usize) -> int32x4_t,
    ) {
        let mut sums = sums;
        for (index, sum) in sums.as_flattened_mut().iter_mut().enumerate() {
            *sum = scale(*sum, index % N);
        }
        // SAFETY: the caller's promise.
        unsafe {
            let mut bytes = sums.map(|sums| clamp.narrow(sums));
            if clamp.is_bounded {
                // A copy, so that the bytes themselves need not be in memory.
                let mut copy = bytes;
                bound_all(clamp.quant, &mut copy);
                bytes = copy;
            }
            let output = |row: usize| self.output.wrapping_add(row * self.stride);
            if self.count < N * LANES {
                for (row, bytes) in bytes.into_iter().enumerate() {
                    store_some(bytes, output(row), self.count);
                }
            } else {
                for (row, bytes) in bytes.into_iter().enumerate() {
                    match N {
                        2 => vst1_s8(output(row), vget_low_s8(bytes)),
                        _ => vst1q_s8(output(row), bytes),
                    }
                }
            }
        }
    }
}

/// [`Quant::finish`].
#[derive(Clone, Copy)]
pub(crate) struct Clamp<'a> {
    quant: &'a Quant,
    zero_point: int16x8_t,
    /// Whether there are bounds but those of int8.
    is_bounded: bool,
}

impl<'a> Clamp<'a> {
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(quant: &'a Quant) -> Self {
        Clamp {
            quant,
            zero_point: vdupq_n_s16(quant.output_zero_point as i16),
            is_bounded: [quant.min, quant.max] != [i8::MIN, i8::MAX].map(i32::from),
        }
    }

    /// Sixteen scaled sums.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn finish(self, scaled: [int32x4_t; 4]) -> int8x16_t {
        bound(self.quant, self.narrow(scaled))
    }

    /// Adds the zero point of 16 scaled sums, or of eight, which then are there twice. Each step saturates, so that only
    /// what lies outside int8 anyway is lost.
    #[inline]
    #[target_feature(enable = "neon")]
    fn narrow<const N: usize>(self, scaled: [int32x4_t; N]) -> int8x16_t {
        let eight = |low, high| {
            let words = vqmovn_high_s32(vqmovn_s32(low), high);
            vqaddq_s16(words, self.zero_point)
        };
        let low = vqmovn_s16(eight(scaled[0], scaled[1]));
        match N {
            2 => vcombine_s8(low, low),
            _ => vqmovn_high_s16(low, eight(scaled[N - 2], scaled[N - 1])),
        }
    }
}

/// [`bound`] of all. Apart, since layers that have other bounds than int8 are few.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
fn bound_all(quant: &Quant, values: &mut [int8x16_t]) {
    values.iter_mut().for_each(|it| *it = bound(quant, *it));
}

#[inline]
#[target_feature(enable = "neon")]
fn bound(quant: &Quant, values: int8x16_t) -> int8x16_t {
    let [min, max] = [quant.min, quant.max].map(|bound| vdupq_n_s8(bound as i8));
    vminq_s8(vmaxq_s8(values, min), max)
}

/// Writes the first `count` lanes, fewer than 16.
///
/// # Safety
/// `output` is valid for writes of these.
#[cold]
#[inline(never)]
#[target_feature(enable = "neon")]
unsafe fn store_some(value: int8x16_t, output: *mut i8, count: usize) {
    let mut lanes = [0i8; 16];
    // SAFETY: the lanes go to an array of as many; the rest is the caller's promise.
    unsafe {
        vst1q_s8(lanes.as_mut_ptr(), value);
        if count >= 8 {
            vst1_s8(output, vget_low_s8(value));
        }
        let done = count / 8 * 8;
        for (index, lane) in lanes.iter().enumerate().take(count).skip(done) {
            output.add(index).write(*lane);
        }
    }
}

/// As [`requantize::scale_onnx`](crate::requantize::scale_onnx) but for the bounds, which do not matter before saturation
/// to int8. Converting makes 0 of NaN, and rounds half to even.
#[inline]
#[target_feature(enable = "neon")]
fn scale_onnx(sums: int32x4_t, multiplier: float32x4_t) -> int32x4_t {
    vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sums), multiplier))
}

/// Multipliers in fixed point of four channels.
#[derive(Clone, Copy)]
pub(crate) struct Fixed {
    multiplier: int32x4_t,
    shift: int32x4_t,
}

impl Fixed {
    /// One for all channels.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn one([multiplier, shift]: [i32; 2]) -> Fixed {
        Fixed {
            multiplier: vdupq_n_s32(multiplier),
            shift: vdupq_n_s32(shift),
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    fn of<const N: usize>(pairs: &[[i32; 2]], channel: usize) -> [Fixed; N] {
        if let [one] = pairs {
            return [Fixed::one(*one); N];
        }
        core::array::from_fn(|part| {
            let first = 2 * (channel + part * LANES);
            let [low, high] = some_i32(pairs.as_flattened(), first);
            Fixed {
                multiplier: vuzp1q_s32(low, high),
                shift: vuzp2q_s32(low, high),
            }
        })
    }

    /// As [`requantize::scale_tflite`](crate::requantize::scale_tflite).
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn double(self, sums: int32x4_t) -> int32x4_t {
        let zero = vdupq_n_s32(0);
        let left = vminq_s32(vmaxq_s32(self.shift, zero), vdupq_n_s32(31));
        let right = vmaxq_s32(vminq_s32(self.shift, zero), vdupq_n_s32(-31));
        let high = vqrdmulhq_s32(vshlq_s32(sums, left), self.multiplier);
        // The shift rounds halves up. One less makes that away from zero for what is negative, where anything is
        // shifted out; the least integer, which would wrap, is no rounded product.
        let nudged = vsraq_n_s32::<31>(high, vandq_s32(high, right));
        vrshlq_s32(nudged, right)
    }

    /// As [`requantize::scale_tflite_single`](crate::requantize::scale_tflite_single).
    #[inline]
    #[target_feature(enable = "neon")]
    fn single(self, sums: int32x4_t) -> int32x4_t {
        let right = vqsubq_s32(self.shift, vdupq_n_s32(31));
        let right = vmaxq_s32(vminq_s32(right, vdupq_n_s32(-1)), vdupq_n_s32(-62));
        let low = vmull_s32(vget_low_s32(sums), vget_low_s32(self.multiplier));
        let high = vmull_high_s32(sums, self.multiplier);
        let low = vrshlq_s64(low, vmovl_s32(vget_low_s32(right)));
        let high = vrshlq_s64(high, vmovl_high_s32(right));
        vqmovn_high_s64(vqmovn_s64(low), high)
    }
}
