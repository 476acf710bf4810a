//! Sixteen weights in a register, by AVX-512.
#![allow(unsafe_code)] // Vector instructions, and pointers that callers have measured.

use core::arch::x86_64::*;

use half::f16;

use crate::avx512::LANES;

/// Weights that fill a register with floats.
pub trait Sixteen: Copy + Default {
    /// Sixteen neighbours.
    ///
    /// # Safety
    /// The processor has AVX-512; sixteen weights are at `from`.
    unsafe fn sixteen(from: *const Self) -> __m512;
}

impl Sixteen for f32 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn sixteen(from: *const f32) -> __m512 {
        // SAFETY: the caller's promise.
        unsafe { _mm512_loadu_ps(from) }
    }
}

impl Sixteen for f16 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn sixteen(from: *const f16) -> __m512 {
        // SAFETY: the caller's promise; halves of 16 bits each.
        _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
    }
}

impl Sixteen for i8 {
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn sixteen(from: *const i8) -> __m512 {
        // SAFETY: the caller's promise; sixteen bytes are read.
        let bytes = unsafe { _mm_loadu_si128(from.cast()) };
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes))
    }
}

/// As [`Sixteen::sixteen`] where only the first `count` are there: filled up with zeros.
///
/// # Safety
/// The processor has AVX-512; so many weights are at `from`, or sixteen.
#[inline]
#[target_feature(enable = "avx512f")]
pub(crate) unsafe fn up_to_sixteen<W: Sixteen>(from: *const W, count: usize) -> __m512 {
    // SAFETY: the caller's promise; the copy has sixteen.
    unsafe {
        if count >= LANES {
            return W::sixteen(from);
        }
        let mut filled = [W::default(); LANES];
        from.copy_to_nonoverlapping(filled.as_mut_ptr(), count);
        W::sixteen(filled.as_ptr())
    }
}
