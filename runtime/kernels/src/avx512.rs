//! What the AVX-512 files share: from sums to outputs, sixteen channels at a time. Masks leave out what lies behind the
//! last channel.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

use core::arch::x86_64::*;

use crate::Epilogue;
use crate::requantize::{Multipliers, Quant};

/// Elements of 32 bits in a register.
pub(crate) const LANES: usize = 16;

/// The first `count` lanes, or all of them.
#[inline(always)]
pub(crate) fn first(count: usize) -> __mmask16 {
    match count {
        0..LANES => (1 << count) - 1,
        _ => !0,
    }
}

/// Up to 16 values of a slice from one on, filled up with zeros.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn some_f32(values: &[f32], from: usize) -> __m512 {
    let rest = values.get(from..).unwrap_or_default();
    // SAFETY: the mask leaves out what lies behind the slice.
    unsafe { _mm512_maskz_loadu_ps(first(rest.len()), rest.as_ptr()) }
}

/// As [`some_f32`].
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn some_i32(values: &[i32], from: usize) -> __m512i {
    _mm512_castps_si512(some_f32(bytemuck::cast_slice(values), from))
}

/// What makes a signed byte an unsigned one, 128 more.
pub(crate) const SIGN: i8 = i8::MIN;

/// Copies elements plus 128: dot products take unsigned ones.
///
/// # Safety
/// The processor has AVX-512; so many elements are there, and have room.
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) unsafe fn to_unsigned(from: *const i8, to: *mut i8, count: usize) {
    let sign = _mm512_set1_epi8(SIGN);
    for index in (0..count).step_by(64) {
        let mask = match count - index {
            left @ 0..64 => (1 << left) - 1,
            _ => !0,
        };
        // SAFETY: the caller's promise; the mask leaves out what lies behind the last element.
        unsafe {
            let x = _mm512_maskz_loadu_epi8(mask, from.add(index));
            _mm512_mask_storeu_epi8(to.add(index), mask, _mm512_xor_si512(x, sign));
        }
    }
}

/// The biases of sixteen channels less what the zero point and 128 add to the sums of all products, given the sums of
/// the channels' weights.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn signless_bias(
    bias: &[i32],
    channel: usize,
    weights: __m512i,
    zero_point: i32,
) -> __m512i {
    let shift = _mm512_set1_epi32(zero_point - i32::from(SIGN));
    _mm512_sub_epi32(some_i32(bias, channel), _mm512_mullo_epi32(weights, shift))
}

/// [`Epilogue`] for the sixteen channels from one on.
pub(crate) struct FinishF32 {
    scale: __m512,
    bias: __m512,
    clamp: [__m512; 2],
}

impl FinishF32 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn new(epilogue: &Epilogue<'_>, channel: usize) -> FinishF32 {
        FinishF32 {
            // A product with 1 is exact.
            scale: match epilogue.scales {
                Some(scales) => some_f32(scales, channel),
                None => _mm512_set1_ps(1.0),
            },
            bias: some_f32(epilogue.bias.unwrap_or_default(), channel),
            clamp: epilogue.clamp.map(|bound| _mm512_set1_ps(bound)),
        }
    }

    /// `clamp(sums * scale + bias)`
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn apply(&self, sums: __m512) -> __m512 {
        let [min, max] = self.clamp;
        // The second operand comes out where either is NaN.
        let value = _mm512_max_ps(min, _mm512_fmadd_ps(sums, self.scale, self.bias));
        _mm512_min_ps(max, value)
    }
}

/// Where bytes of sixteen channels go.
#[derive(Clone, Copy)]
pub(crate) struct Outputs {
    /// Those of the first pixel.
    pub(crate) at: *mut i8,
    /// From pixel to pixel.
    pub(crate) stride: usize,
    /// Channels that there are, from the first on.
    pub(crate) count: usize,
}

/// From sums to bytes, for the sixteen channels from one on. Multipliers of numerics `onnx` are finite.
pub(crate) struct Finish<'a> {
    multipliers: Multipliers<'a>,
    channel: usize,
    saturate: Saturate,
}

impl<'a> Finish<'a> {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn new(multipliers: &Multipliers<'a>, quant: &Quant, channel: usize) -> Finish<'a> {
        Finish {
            multipliers: *multipliers,
            channel,
            saturate: Saturate::new(quant),
        }
    }

    /// Writes the sixteen channels of neighbouring pixels.
    ///
    /// # Safety
    /// The processor has AVX-512; the outputs are there.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) unsafe fn write<const PIXELS: usize>(
        &self,
        sums: [__m512i; PIXELS],
        outputs: Outputs,
    ) {
        match self.multipliers {
            Multipliers::Onnx(m) => {
                let m = match m {
                    [one] => _mm512_set1_ps(*one),
                    m => some_f32(m, self.channel),
                };
                for (pixel, sums) in sums.into_iter().enumerate() {
                    let value = _mm512_mul_ps(_mm512_cvtepi32_ps(sums), m);
                    // SAFETY: the caller's promise.
                    unsafe { self.saturate.store_f32(value, outputs, pixel) };
                }
            }
            // SAFETY: the caller's promise.
            Multipliers::Tflite(m) => unsafe { self.fixed::<false>(m, &sums, outputs) },
            // SAFETY: the caller's promise.
            Multipliers::TfliteSingle(m) => unsafe { self.fixed::<true>(m, &sums, outputs) },
        }
    }

    /// # Safety
    /// As [`write`](Self::write).
    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    unsafe fn fixed<const SINGLE: bool>(
        &self,
        multipliers: &[[i32; 2]],
        sums: &[__m512i],
        outputs: Outputs,
    ) {
        let [m, shift] = pairs(multipliers, self.channel);
        for (pixel, sums) in sums.iter().enumerate() {
            let value = match SINGLE {
                true => scale_tflite_single(*sums, m, shift),
                false => scale_tflite(*sums, m, shift),
            };
            // SAFETY: the caller's promise.
            unsafe { self.saturate.store_i32(value, outputs, pixel) };
        }
    }
}

/// [`Quant::finish`] of sixteen numbers.
pub(crate) struct Saturate {
    output_zero_point: __m512i,
    /// Less the zero point.
    bounds: [i32; 2],
}

impl Saturate {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn new(quant: &Quant) -> Saturate {
        Saturate {
            output_zero_point: _mm512_set1_epi32(quant.output_zero_point),
            // All of them are of eight bits.
            bounds: [quant.min, quant.max].map(|bound| bound.wrapping_sub(quant.output_zero_point)),
        }
    }

    /// Rounds half to even, as the processor does by default, what is a number or infinite, and writes it.
    ///
    /// # Safety
    /// As [`Finish::write`].
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) unsafe fn store_f32(&self, value: __m512, outputs: Outputs, pixel: usize) {
        let [min, max] = self.bounds.map(|bound| _mm512_set1_ps(bound as f32));
        let value = _mm512_cvtps_epi32(_mm512_min_ps(_mm512_max_ps(value, min), max));
        // SAFETY: the caller's promise.
        unsafe { self.store(value, outputs, pixel) };
    }

    /// # Safety
    /// As [`Finish::write`].
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) unsafe fn store_i32(&self, value: __m512i, outputs: Outputs, pixel: usize) {
        let [min, max] = self.bounds.map(|bound| _mm512_set1_epi32(bound));
        let value = _mm512_min_epi32(_mm512_max_epi32(value, min), max);
        // SAFETY: the caller's promise.
        unsafe { self.store(value, outputs, pixel) };
    }

    /// # Safety
    /// As [`Finish::write`].
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn store(&self, value: __m512i, outputs: Outputs, pixel: usize) {
        let value = _mm512_add_epi32(value, self.output_zero_point);
        let at = outputs.at.wrapping_add(pixel * outputs.stride);
        // SAFETY: the caller's promise; the mask leaves out what lies behind the last channel.
        unsafe { _mm512_mask_cvtepi32_storeu_epi8(at, first(outputs.count), value) };
    }
}

/// Multipliers and shifts of sixteen channels.
#[inline]
#[target_feature(enable = "avx512f")]
fn pairs(m: &[[i32; 2]], channel: usize) -> [__m512i; 2] {
    if let [[multiplier, shift]] = m {
        return [*multiplier, *shift].map(|it| _mm512_set1_epi32(it));
    }
    let flat: &[i32] = bytemuck::cast_slice(m);
    let [low, high] = [0, LANES].map(|half| some_i32(flat, 2 * channel + half));
    let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    let odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    [even, odd].map(|index| _mm512_permutex2var_epi32(low, index, high))
}

/// As [`requantize::scale_tflite`](crate::requantize::scale_tflite).
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) fn scale_tflite(sums: __m512i, multiplier: __m512i, shift: __m512i) -> __m512i {
    let zero = _mm512_setzero_si512();
    let one = _mm512_set1_epi32(1);
    let most = _mm512_set1_epi32(31);
    let left = _mm512_min_epi32(_mm512_max_epi32(shift, zero), most);
    let right = _mm512_sub_epi32(zero, _mm512_min_epi32(shift, zero));
    // The least shift has no opposite, and is the greatest one unsigned.
    let right = _mm512_min_epu32(right, most);
    let half = _mm512_set1_epi64(1 << 30);
    let largest = _mm512_set1_epi64(i64::from(i32::MAX));
    let high = of_halves(
        _mm512_sllv_epi32(sums, left),
        multiplier,
        zero,
        |product, _| {
            let doubled = _mm512_srai_epi64::<31>(_mm512_add_epi64(product, half));
            // Beyond 32 bits only where both are the least number.
            _mm512_min_epi64(doubled, largest)
        },
    );
    let mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
    let threshold = _mm512_srli_epi32::<1>(mask);
    let is_negative = _mm512_cmplt_epi32_mask(high, zero);
    let threshold = _mm512_mask_add_epi32(threshold, is_negative, threshold, one);
    let is_above = _mm512_cmpgt_epi32_mask(_mm512_and_si512(high, mask), threshold);
    let shifted = _mm512_srav_epi32(high, right);
    _mm512_mask_add_epi32(shifted, is_above, shifted, one)
}

/// As [`requantize::scale_tflite_single`](crate::requantize::scale_tflite_single).
#[inline]
#[target_feature(enable = "avx512f")]
fn scale_tflite_single(sums: __m512i, multiplier: __m512i, shift: __m512i) -> __m512i {
    // 31 - shift, within 1 and 62.
    let shift = _mm512_max_epi32(shift, _mm512_set1_epi32(-31));
    let shift = _mm512_min_epi32(shift, _mm512_set1_epi32(30));
    let right = _mm512_sub_epi32(_mm512_set1_epi32(31), shift);
    let half = _mm512_set1_epi64(1);
    let bounds = [i32::MIN, i32::MAX].map(|bound| _mm512_set1_epi64(i64::from(bound)));
    of_halves(sums, multiplier, right, |product, right| {
        // A product takes 62 bits and a half 61, so that the sum fits.
        let half = _mm512_srli_epi64::<1>(_mm512_sllv_epi64(half, right));
        let rounded = _mm512_srav_epi64(_mm512_add_epi64(product, half), right);
        _mm512_min_epi64(_mm512_max_epi64(rounded, bounds[0]), bounds[1])
    })
}

/// `f(a * b, c)` of 64 bits each, lane by lane, where that fits 32 bits; `c` is never negative.
#[inline]
#[target_feature(enable = "avx512f")]
fn of_halves(
    a: __m512i,
    b: __m512i,
    c: __m512i,
    f: impl Fn(__m512i, __m512i) -> __m512i,
) -> __m512i {
    let [odd_a, odd_b, odd_c] = [a, b, c].map(|it| _mm512_srli_epi64::<32>(it));
    let even_c = _mm512_and_si512(c, _mm512_set1_epi64(0xffff_ffff));
    let even = f(_mm512_mul_epi32(a, b), even_c);
    let odd = f(_mm512_mul_epi32(odd_a, odd_b), odd_c);
    _mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64::<32>(odd))
}
