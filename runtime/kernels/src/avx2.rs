//! What the AVX2 files share: from sums to outputs.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::x86_64::*;

use crate::Epilogue;
use crate::requantize::{Multipliers, Quant};

/// Channels that are finished in one go.
pub(crate) const LANES: usize = 8;

/// Up to 8 values of a slice from `first` on, filled up with zeros.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn eight_f32(values: &[f32], first: usize) -> __m256 {
    let rest = values.get(first..).unwrap_or_default();
    if let Some(eight) = rest.first_chunk::<LANES>() {
        // SAFETY: reads eight floats, which are there.
        return unsafe { _mm256_loadu_ps(eight.as_ptr()) };
    }
    let mut filled = [0.0; LANES];
    for (place, value) in filled.iter_mut().zip(rest) {
        *place = *value;
    }
    // SAFETY: as above.
    unsafe { _mm256_loadu_ps(filled.as_ptr()) }
}

/// As [`eight_f32`].
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn eight_i32(values: &[i32], first: usize) -> __m256i {
    _mm256_castps_si256(eight_f32(bytemuck::cast_slice(values), first))
}

/// `clamp(sums * scale + bias)` of the channels from `channel` on.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn finish_f32(epilogue: &Epilogue<'_>, sums: __m256, channel: usize) -> __m256 {
    let mut value = sums;
    if let Some(scales) = epilogue.scales {
        value = _mm256_mul_ps(value, eight_f32(scales, channel));
    }
    if let Some(bias) = epilogue.bias {
        value = _mm256_add_ps(value, eight_f32(bias, channel));
    }
    let [min, max] = epilogue.clamp;
    // The second operand comes out where either is NaN.
    value = _mm256_max_ps(_mm256_set1_ps(min), value);
    _mm256_min_ps(_mm256_set1_ps(max), value)
}

/// Writes the first `count` lanes.
///
/// # Safety
/// `output` is valid for writes of `count` elements.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn store_f32(output: *mut f32, value: __m256, count: usize) {
    if count >= LANES {
        // SAFETY: the caller's promise.
        return unsafe { _mm256_storeu_ps(output, value) };
    }
    let mut lanes = [0.0; LANES];
    // SAFETY: eight floats are written to eight.
    unsafe { _mm256_storeu_ps(lanes.as_mut_ptr(), value) };
    for (index, lane) in lanes.iter().take(count).enumerate() {
        // SAFETY: the caller's promise.
        unsafe { output.add(index).write(*lane) };
    }
}

/// From sums to integers, for eight channels.
pub(crate) struct Finish<'a> {
    scale: Scale<'a>,
    clamp: Clamp,
    /// The bounds of `clamp`.
    float_bounds: [__m256; 2],
}

/// [`Quant::finish`], still in 32 bits.
#[derive(Clone, Copy)]
pub(crate) struct Clamp {
    output_zero_point: __m256i,
    /// Before the zero point is added.
    bounds: [__m256i; 2],
}

impl Clamp {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(quant: &Quant) -> Clamp {
        let zero_point = quant.output_zero_point;
        Clamp {
            output_zero_point: _mm256_set1_epi32(zero_point),
            bounds: [quant.min, quant.max].map(|bound| _mm256_set1_epi32(bound - zero_point)),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(self, scaled: __m256i) -> __m256i {
        let [min, max] = self.bounds;
        let clamped = _mm256_min_epi32(_mm256_max_epi32(scaled, min), max);
        _mm256_add_epi32(clamped, self.output_zero_point)
    }
}

enum Scale<'a> {
    Onnx(__m256),
    Tflite([__m256i; 2]),
    /// Lane by lane, from this channel on.
    Single(&'a Multipliers<'a>, usize),
}

impl<'a> Finish<'a> {
    /// For the channels from `channel` on.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(multipliers: &'a Multipliers<'a>, quant: &Quant, channel: usize) -> Self {
        let clamp = Clamp::new(quant);
        Finish {
            scale: match multipliers {
                Multipliers::Onnx(m) => Scale::Onnx(per_channel(m, channel)),
                Multipliers::Tflite(m) => Scale::Tflite(pairs(m, channel)),
                Multipliers::TfliteSingle(_) => Scale::Single(multipliers, channel),
            },
            clamp,
            float_bounds: clamp.bounds.map(|bound| _mm256_cvtepi32_ps(bound)),
        }
    }

    /// The same for channels with these multipliers of numerics `onnx`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn with(&self, multipliers: __m256) -> Finish<'a> {
        Finish {
            scale: Scale::Onnx(multipliers),
            ..*self
        }
    }

    /// Scaled, clamped, with the output's zero point.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(&self, sums: __m256i) -> __m256i {
        match self.scale {
            Scale::Onnx(m) => self.apply_onnx(sums, m),
            _ => self.apply_fixed(sums),
        }
    }

    /// With multipliers in fixed point: apart, so that [`apply`](Self::apply) is short enough to be inlined.
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn apply_fixed(&self, sums: __m256i) -> __m256i {
        self.clamp.apply(match &self.scale {
            Scale::Onnx(m) => return self.apply_onnx(sums, *m),
            Scale::Tflite([multiplier, shift]) => scale_tflite(sums, *multiplier, *shift),
            Scale::Single(m, channel) => each(sums, |lane, sum| m.scale(sum, channel + lane)),
        })
    }

    /// As [`requantize::scale_onnx`](crate::requantize::scale_onnx). Clamping to whole numbers before rounding gives what
    /// clamping after it gives.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn apply_onnx(&self, sums: __m256i, multiplier: __m256) -> __m256i {
        let [min, max] = self.float_bounds;
        let value = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), multiplier);
        let value = _mm256_min_ps(_mm256_max_ps(without_nan(value), min), max);
        // Rounds half to even, as the processor does by default.
        _mm256_add_epi32(_mm256_cvtps_epi32(value), self.clamp.output_zero_point)
    }
}

#[inline]
#[target_feature(enable = "avx2,fma")]
fn per_channel(m: &[f32], channel: usize) -> __m256 {
    match m {
        [one] => _mm256_set1_ps(*one),
        m => eight_f32(m, channel),
    }
}

/// Multipliers and shifts of eight channels.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn pairs(m: &[[i32; 2]], channel: usize) -> [__m256i; 2] {
    if let [[multiplier, shift]] = m {
        return [_mm256_set1_epi32(*multiplier), _mm256_set1_epi32(*shift)];
    }
    let flat: &[i32] = bytemuck::cast_slice(m);
    let low = _mm256_castsi256_ps(eight_i32(flat, 2 * channel));
    let high = _mm256_castsi256_ps(eight_i32(flat, 2 * channel + LANES));
    let sorted = |it: __m256| _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_castps_si256(it));
    [
        sorted(_mm256_shuffle_ps::<0b10_00_10_00>(low, high)),
        sorted(_mm256_shuffle_ps::<0b11_01_11_01>(low, high)),
    ]
}

/// 0 for NaN.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn without_nan(value: __m256) -> __m256 {
    _mm256_and_ps(value, _mm256_cmp_ps::<_CMP_ORD_Q>(value, value))
}

/// As `requantize::round_to_i32`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn round(value: __m256) -> __m256i {
    let value = _mm256_max_ps(without_nan(value), _mm256_set1_ps(-1.0e6));
    // Rounds half to even, as the processor does by default.
    _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(1.0e6)))
}

/// As [`requantize::scale_tflite`](crate::requantize::scale_tflite).
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn scale_tflite(sums: __m256i, multiplier: __m256i, shift: __m256i) -> __m256i {
    let zero = _mm256_setzero_si256();
    let bounded = _mm256_min_epi32(
        _mm256_max_epi32(shift, _mm256_set1_epi32(-31)),
        _mm256_set1_epi32(31),
    );
    let left = _mm256_max_epi32(bounded, zero);
    let right = _mm256_max_epi32(_mm256_sub_epi32(zero, bounded), zero);
    let shifted = _mm256_sllv_epi32(sums, left);
    let high = doubling_high_multiply(shifted, multiplier);
    let mask = _mm256_sub_epi32(
        _mm256_sllv_epi32(_mm256_set1_epi32(1), right),
        _mm256_set1_epi32(1),
    );
    let threshold = _mm256_sub_epi32(_mm256_srai_epi32::<1>(mask), _mm256_cmpgt_epi32(zero, high));
    let is_above = _mm256_cmpgt_epi32(_mm256_and_si256(high, mask), threshold);
    _mm256_sub_epi32(_mm256_srav_epi32(high, right), is_above)
}

/// As [`requantize::doubling_high_multiply`](crate::requantize::doubling_high_multiply).
#[inline]
#[target_feature(enable = "avx2,fma")]
fn doubling_high_multiply(a: __m256i, b: __m256i) -> __m256i {
    let half = _mm256_set1_epi64x(1 << 30);
    let of_even = |a: __m256i, b: __m256i| {
        _mm256_srli_epi64::<31>(_mm256_add_epi64(_mm256_mul_epi32(a, b), half))
    };
    let even = of_even(a, b);
    let odd = of_even(_mm256_srli_epi64::<32>(a), _mm256_srli_epi64::<32>(b));
    let product = _mm256_blend_epi32::<0b1010_1010>(even, _mm256_slli_epi64::<32>(odd));
    let least = _mm256_set1_epi32(i32::MIN);
    let is_largest = _mm256_and_si256(_mm256_cmpeq_epi32(a, least), _mm256_cmpeq_epi32(b, least));
    _mm256_blendv_epi8(product, _mm256_set1_epi32(i32::MAX), is_largest)
}

/// Lane by lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn each(sums: __m256i, f: impl Fn(usize, i32) -> i32) -> __m256i {
    let mut lanes = [0i32; LANES];
    // SAFETY: eight integers are written to eight.
    unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sums) };
    for (index, lane) in lanes.iter_mut().enumerate() {
        *lane = f(index, *lane);
    }
    // SAFETY: and read from there.
    unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
}

/// Writes the first `count` of eight integers that lie within i8.
///
/// # Safety
/// `output` is valid for writes of `count` elements.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn store_i8(output: *mut i8, value: __m256i, count: usize) {
    let low = _mm256_castsi256_si128(value);
    let words = _mm_packs_epi32(low, _mm256_extracti128_si256::<1>(value));
    let bytes = _mm_packs_epi16(words, words);
    if count >= LANES {
        // SAFETY: the caller's promise.
        return unsafe { _mm_storel_epi64(output.cast(), bytes) };
    }
    let mut lanes = [0i8; LANES];
    // SAFETY: eight bytes are written to eight.
    unsafe { _mm_storel_epi64(lanes.as_mut_ptr().cast(), bytes) };
    for (index, lane) in lanes.iter().take(count).enumerate() {
        // SAFETY: the caller's promise.
        unsafe { output.add(index).write(*lane) };
    }
}
