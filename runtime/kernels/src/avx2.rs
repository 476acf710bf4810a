//! What the AVX2 files share: from sums to outputs.
#![allow(unsafe_code)] // Vector instructions; each function says what its caller promises.

mod exp;

use core::arch::x86_64::*;

pub(crate) use exp::exp;

use crate::Epilogue;
use crate::requantize::{Multipliers, Quant, scale_tflite_single};

/// Channels that are finished in one go.
pub(crate) const LANES: usize = 8;

/// The same number, of which the compiler knows nothing: an index that it would otherwise replace by a pointer for each
/// of the many tensors that it counts through, all to be moved along.
#[inline(always)]
pub(crate) fn opaque(mut index: usize) -> usize {
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(reg) index, options(pure, nomem, nostack, preserves_flags));
    }
    index
}

/// The same sums, which the compiler cannot put off: it would, and have what they are made of in memory until then.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn in_order(mut sums: __m256i) -> __m256i {
    // SAFETY: no instruction.
    unsafe {
        core::arch::asm!("/* {0} */", inlateout(ymm_reg) sums, options(pure, nomem, nostack, preserves_flags));
    }
    sums
}

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

/// [`Epilogue`] for the eight channels from one on.
pub(crate) struct FinishF32 {
    scale: __m256,
    bias: __m256,
    clamp: [__m256; 2],
}

impl FinishF32 {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(epilogue: &Epilogue<'_>, channel: usize) -> FinishF32 {
        FinishF32 {
            // A product with 1 is exact.
            scale: match epilogue.scales {
                Some(scales) => eight_f32(scales, channel),
                None => _mm256_set1_ps(1.0),
            },
            bias: eight_f32(epilogue.bias.unwrap_or_default(), channel),
            clamp: epilogue.clamp.map(|bound| _mm256_set1_ps(bound)),
        }
    }

    /// `clamp(sums * scale + bias)`
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(&self, sums: __m256) -> __m256 {
        clamp(_mm256_fmadd_ps(sums, self.scale, self.bias), self.clamp)
    }
}

/// [`clamp_f32`](crate::clamp_f32), lane by lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn clamp(value: __m256, [min, max]: [__m256; 2]) -> __m256 {
    // The second operand comes out where either is NaN.
    _mm256_min_ps(max, _mm256_max_ps(min, value))
}

/// Converts `count` elements to i16, less their zero point.
///
/// # Safety
/// The elements are at `from`, and room for them at `to`.
// Not inline: the compiler would move what leads to `to`, a division among it, into the loop.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn widen(from: *const i8, to: *mut i16, count: usize, zero_point: i16) {
    let zero_points = _mm256_set1_epi16(zero_point);
    // SAFETY: the caller's promise; what is read and written lies before `count`.
    unsafe {
        let block = |index: usize| {
            let x = _mm256_cvtepi8_epi16(_mm_loadu_si128(from.add(index).cast()));
            let x = _mm256_sub_epi16(x, zero_points);
            _mm256_storeu_si256(to.add(index).cast(), x);
        };
        in_blocks::<16>(count, block, |index| {
            to.add(index)
                .write(i16::from(from.add(index).read()) - zero_point);
        });
    }
}

/// Calls `block` for every `BLOCK` of so many elements, the last of which may overlap the one before, or `one` for each
/// where they are fewer.
#[inline(always)]
fn in_blocks<const BLOCK: usize>(count: usize, block: impl Fn(usize), one: impl Fn(usize)) {
    if count < BLOCK {
        (0..count).for_each(one);
        return;
    }
    let mut index = 0;
    while index + 4 * BLOCK <= count {
        for ahead in 0..4 {
            block(index + ahead * BLOCK);
        }
        index += 4 * BLOCK;
    }
    while index + BLOCK <= count {
        block(index);
        index += BLOCK;
    }
    if index < count {
        block(count - BLOCK);
    }
}

/// Copies `count` elements.
///
/// # Safety
/// The elements are at `from`, and room for them at `to`.
// Rows are too short for what `memcpy` does before it starts.
#[inline(never)]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn copy_f32(from: *const f32, to: *mut f32, count: usize) {
    // SAFETY: the caller's promise; what is read and written lies before `count`.
    unsafe {
        in_blocks::<LANES>(
            count,
            |index| _mm256_storeu_ps(to.add(index), _mm256_loadu_ps(from.add(index))),
            |index| to.add(index).write(from.add(index).read()),
        );
    }
}

/// The first `count` lanes.
///
/// # Safety
/// As many elements are at `from`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn load_f32(from: *const f32, count: usize) -> __m256 {
    if count >= LANES {
        // SAFETY: the caller's promise.
        return unsafe { _mm256_loadu_ps(from) };
    }
    let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    let mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(count as i32), lanes);
    // SAFETY: the caller's promise; the mask leaves out what lies behind the last element.
    unsafe { _mm256_maskload_ps(from, mask) }
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
    // In parts, not in a loop: what calls this has sums in all registers.
    let (mut rest, mut done) = (_mm256_castps256_ps128(value), 0);
    // SAFETY: the caller's promise; the parts make up the count.
    unsafe {
        if count & 4 != 0 {
            _mm_storeu_ps(output, rest);
            (rest, done) = (_mm256_extractf128_ps::<1>(value), 4);
        }
        if count & 2 != 0 {
            _mm_storel_epi64(output.add(done).cast(), _mm_castps_si128(rest));
            (rest, done) = (_mm_movehl_ps(rest, rest), done + 2);
        }
        if count & 1 != 0 {
            _mm_store_ss(output.add(done), rest);
        }
    }
}

/// From sums to bytes, for the sixteen channels from one on. Callers tell the kinds apart outside their loops.
pub(crate) enum Finish {
    Onnx(Onnx),
    Fixed(Fixed),
}

impl Finish {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(multipliers: &Multipliers<'_>, quant: &Quant, channel: usize) -> Finish {
        Finish::of_halves(multipliers, quant, [channel, channel + LANES])
    }

    /// For twice eight channels.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn of_halves(
        multipliers: &Multipliers<'_>,
        quant: &Quant,
        halves: [usize; 2],
    ) -> Finish {
        let saturate = Saturate::new(quant);
        let (m, is_single) = match multipliers {
            Multipliers::Onnx(m) => {
                return Finish::Onnx(Onnx {
                    multipliers: halves.map(|half| per_channel(m, half)),
                    saturate,
                });
            }
            Multipliers::Tflite(m) => (m, false),
            Multipliers::TfliteSingle(m) => (m, true),
        };
        Finish::Fixed(Fixed {
            multipliers: halves.map(|half| pairs(m, half)),
            is_single,
            saturate,
        })
    }
}

/// With finite multipliers of numerics `onnx`.
#[derive(Clone, Copy)]
pub(crate) struct Onnx {
    multipliers: [__m256; 2],
    saturate: Saturate,
}

impl Onnx {
    /// Scaled, with the output's zero point, clamped.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(self, sums: [__m256i; 2]) -> __m128i {
        self.saturate.apply(self.scale(sums))
    }

    /// For sums that are [interleaved].
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn interleaved(self) -> Onnx {
        let [low, high] = self.multipliers.map(|m| _mm256_castps_si256(m));
        Onnx {
            multipliers: interleaved([low, high]).map(|m| _mm256_castsi256_ps(m)),
            ..self
        }
    }

    /// As [`apply`](Self::apply), where sums and multipliers are [interleaved].
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply_interleaved(self, sums: [__m256i; 2]) -> __m128i {
        let [low, high] = self.scale(sums);
        self.saturate.bytes(_mm256_packs_epi32(low, high))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn scale(self, [low, high]: [__m256i; 2]) -> [__m256i; 2] {
        let [m, high_m] = self.multipliers;
        [scale_onnx(low, m), scale_onnx(high, high_m)]
    }
}

/// With multipliers in fixed point.
pub(crate) struct Fixed {
    /// And shifts.
    multipliers: [[__m256i; 2]; 2],
    /// Rounded once.
    is_single: bool,
    saturate: Saturate,
}

impl Fixed {
    /// As [`Onnx::apply`].
    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(&self, [low, high]: [__m256i; 2]) -> __m128i {
        let [m, high_m] = self.multipliers;
        self.saturate.apply(match self.is_single {
            true => [single(low, m), single(high, high_m)],
            false => [
                scale_tflite(low, m[0], m[1]),
                scale_tflite(high, high_m[0], high_m[1]),
            ],
        })
    }
}

/// Sums 0 to 3 and 8 to 11 first, then 4 to 7 and 12 to 15, as unpacking leaves them; and back.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn interleaved([low, high]: [__m256i; 2]) -> [__m256i; 2] {
    [
        _mm256_permute2x128_si256::<0x20>(low, high),
        _mm256_permute2x128_si256::<0x31>(low, high),
    ]
}

/// [`Quant::finish`] of sixteen integers.
#[derive(Clone, Copy)]
pub(crate) struct Saturate {
    output_zero_point: __m256i,
    bounds: [__m128i; 2],
}

impl Saturate {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(quant: &Quant) -> Saturate {
        Saturate {
            output_zero_point: _mm256_set1_epi16(quant.output_zero_point as i16),
            bounds: [quant.min, quant.max].map(|bound| _mm_set1_epi8(bound as i8)),
        }
    }

    /// Saturating to 16 and to 8 bits on the way changes nothing: the bounds lie within.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn apply(self, [low, high]: [__m256i; 2]) -> __m128i {
        let words = _mm256_packs_epi32(low, high);
        self.bytes(_mm256_permute4x64_epi64::<0b11_01_10_00>(words))
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn bytes(self, words: __m256i) -> __m128i {
        let words = _mm256_adds_epi16(words, self.output_zero_point);
        let high = _mm256_extracti128_si256::<1>(words);
        let bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), high);
        let [min, max] = self.bounds;
        _mm_min_epi8(_mm_max_epi8(bytes, min), max)
    }
}

/// Whether vectors may scale by these: [`Onnx`] takes finite numbers only.
pub(crate) fn are_finite(multipliers: &Multipliers<'_>) -> bool {
    match multipliers {
        // All of them, which the compiler does some at a time.
        Multipliers::Onnx(m) => m.iter().fold(true, |are, m| are & m.is_finite()),
        _ => true,
    }
}

/// As [`requantize::scale_onnx`](crate::requantize::scale_onnx) for finite multipliers, but that what lies far beyond
/// i8 lies elsewhere there.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn scale_onnx(sums: __m256i, multiplier: __m256) -> __m256i {
    let value = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), multiplier);
    rounded(value)
}

/// As `requantize::round_to_i32` for what is a number, but that what lies far beyond i8 lies elsewhere there.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) fn rounded(value: __m256) -> __m256i {
    // Too large a number would become the least integer; too small a one may. Rounds half to even, as the
    // processor does by default.
    _mm256_cvtps_epi32(_mm256_min_ps(value, _mm256_set1_ps(1.0e6)))
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

/// As [`requantize::scale_tflite_single`](crate::requantize::scale_tflite_single), lane by lane.
#[inline]
#[target_feature(enable = "avx2,fma")]
fn single(sums: __m256i, [multiplier, shift]: [__m256i; 2]) -> __m256i {
    let lanes = |of: __m256i| {
        let mut lanes = [0i32; LANES];
        // SAFETY: eight integers are written to eight.
        unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), of) };
        lanes
    };
    let mut scaled = lanes(sums);
    for ((value, m), shift) in scaled.iter_mut().zip(lanes(multiplier)).zip(lanes(shift)) {
        *value = scale_tflite_single(*value, m, shift);
    }
    // SAFETY: and read from there.
    unsafe { _mm256_loadu_si256(scaled.as_ptr().cast()) }
}

/// The first `count` bytes.
///
/// # Safety
/// As many elements are at `from`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn load_i8(from: *const i8, count: usize) -> __m128i {
    // SAFETY: the caller's promise.
    unsafe {
        match count {
            16.. => _mm_loadu_si128(from.cast()),
            8 => _mm_loadl_epi64(from.cast()),
            _ => {
                let mut filled = [0i8; 16];
                from.copy_to_nonoverlapping(filled.as_mut_ptr(), count);
                _mm_loadu_si128(filled.as_ptr().cast())
            }
        }
    }
}

/// Writes the first `count` bytes.
///
/// # Safety
/// `output` is valid for writes of `count` elements.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn store_i8(output: *mut i8, bytes: __m128i, count: usize) {
    if count >= 16 {
        // SAFETY: the caller's promise.
        return unsafe { _mm_storeu_si128(output.cast(), bytes) };
    }
    // As for floats.
    let (mut rest, mut done) = (bytes, 0);
    // SAFETY: the caller's promise; the parts make up the count.
    unsafe {
        if count & 8 != 0 {
            _mm_storel_epi64(output.cast(), rest);
            (rest, done) = (_mm_srli_si128::<8>(rest), 8);
        }
        let mut rest = _mm_cvtsi128_si64(rest);
        if count & 4 != 0 {
            output.add(done).cast::<i32>().write_unaligned(rest as i32);
            (rest, done) = (rest >> 32, done + 4);
        }
        if count & 2 != 0 {
            output.add(done).cast::<i16>().write_unaligned(rest as i16);
            (rest, done) = (rest >> 16, done + 2);
        }
        if count & 1 != 0 {
            output.add(done).write(rest as i8);
        }
    }
}
