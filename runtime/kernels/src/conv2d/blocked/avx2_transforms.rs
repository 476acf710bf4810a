//! The transforms of F(2, 3) in one direction, lane by lane (Lavin and Gray 2015, section 4.1).

use core::arch::x86_64::*;

/// Of weights: `(g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)`, twice.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn of_weights([a, b, c]: [__m256i; 3]) -> [__m256i; 4] {
    let outer = _mm256_add_epi16(a, c);
    [
        _mm256_add_epi16(a, a),
        _mm256_add_epi16(outer, b),
        _mm256_sub_epi16(outer, b),
        _mm256_add_epi16(c, c),
    ]
}

/// Of the input: `(d0 - d2, d1 + d2, d2 - d1, d1 - d3)`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn of_elements([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    [
        _mm256_sub_epi16(a, c),
        _mm256_add_epi16(b, c),
        _mm256_sub_epi16(c, b),
        _mm256_sub_epi16(b, d),
    ]
}

/// Of products, to two outputs: `(m0 + m1 + m2, m1 - m2 - m3)`.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn of_sums([a, b, c, d]: [__m256i; 4]) -> [__m256i; 2] {
    [
        _mm256_add_epi32(_mm256_add_epi32(a, b), c),
        _mm256_sub_epi32(_mm256_sub_epi32(b, c), d),
    ]
}

/// Rows and columns exchanged, to transform in the other direction.
// Not by `map`: what that calls is not made of vector instructions in all builds.
#[inline(always)]
pub(super) fn transposed([a, b, c, d]: [[__m256i; 4]; 4]) -> [[__m256i; 4]; 4] {
    [
        [a[0], b[0], c[0], d[0]],
        [a[1], b[1], c[1], d[1]],
        [a[2], b[2], c[2], d[2]],
        [a[3], b[3], c[3], d[3]],
    ]
}
