//! Eight weights in a register, by AVX2 and F16C.
#![allow(unsafe_code)] // Vector instructions, and pointers that callers have measured.

use core::arch::x86_64::*;

use half::f16;

use crate::avx2::LANES;

/// Weights that fill a register with floats.
pub trait Eight: Copy + Default {
    /// Eight neighbours.
    ///
    /// # Safety
    /// The processor has AVX2 and F16C; eight weights are at `from`.
    unsafe fn eight(from: *const Self) -> __m256;
}

impl Eight for f32 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn eight(from: *const f32) -> __m256 {
        // SAFETY: the caller's promise.
        unsafe { _mm256_loadu_ps(from) }
    }
}

impl Eight for f16 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn eight(from: *const f16) -> __m256 {
        // SAFETY: the caller's promise; halves of 16 bits each.
        _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
    }
}

impl Eight for i8 {
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn eight(from: *const i8) -> __m256 {
        // SAFETY: the caller's promise; eight bytes are read.
        let bytes = unsafe { _mm_loadl_epi64(from.cast()) };
        _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes))
    }
}

/// As [`Eight::eight`] where only the first `count` are there: filled up with zeros.
///
/// # Safety
/// The processor has AVX2 and F16C; so many weights are at `from`, or eight.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn up_to_eight<W: Eight>(from: *const W, count: usize) -> __m256 {
    // SAFETY: the caller's promise; the copy has eight.
    unsafe {
        if count >= LANES {
            return W::eight(from);
        }
        let mut filled = [W::default(); LANES];
        from.copy_to_nonoverlapping(filled.as_mut_ptr(), count);
        W::eight(filled.as_ptr())
    }
}
