use core::arch::x86_64::*;

/// Eight of [`exp`](crate::exp), bit for bit, but for which NaN: the same operations in the same order.
#[inline]
#[target_feature(enable = "avx2")]
pub(crate) fn exp(x: __m256) -> __m256 {
    let set = |value: f32| _mm256_set1_ps(value);
    let scaled = _mm256_mul_ps(x, set(core::f32::consts::LOG2_E));
    let n = _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(scaled);
    let high = _mm256_sub_ps(x, _mm256_mul_ps(n, set(0.693_359_4)));
    let r = _mm256_sub_ps(high, _mm256_mul_ps(n, set(-2.121_944_4e-4)));
    let mut p = set(1.987_569_1e-4);
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = _mm256_add_ps(_mm256_mul_ps(p, r), set(coefficient));
    }
    let square = _mm256_mul_ps(r, r);
    let mantissa = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(p, square), r), set(1.0));
    let n = _mm256_cvtps_epi32(n);
    // Half of it, towards zero.
    let half = _mm256_srai_epi32::<1>(_mm256_add_epi32(n, _mm256_srli_epi32::<31>(n)));
    let rest = _mm256_sub_epi32(n, half);
    let y = _mm256_mul_ps(
        _mm256_mul_ps(mantissa, power_of_two(half)),
        power_of_two(rest),
    );
    let is_small = _mm256_cmp_ps::<_CMP_LT_OQ>(x, set(-103.972_08));
    let is_large = _mm256_cmp_ps::<_CMP_GT_OQ>(x, set(88.722_84));
    let y = _mm256_andnot_ps(is_small, y);
    _mm256_blendv_ps(y, set(f32::INFINITY), is_large)
}

#[inline]
#[target_feature(enable = "avx2")]
fn power_of_two(n: __m256i) -> __m256 {
    let n = _mm256_max_epi32(n, _mm256_set1_epi32(-126));
    let n = _mm256_min_epi32(n, _mm256_set1_epi32(127));
    let biased = _mm256_add_epi32(n, _mm256_set1_epi32(127));
    _mm256_castsi256_ps(_mm256_slli_epi32::<23>(biased))
}

#[cfg(test)]
mod tests {
    use super::exp;
    use core::arch::x86_64::*;
    use proptest::prelude::*;

    fn eight(x: [f32; 8]) -> [f32; 8] {
        let mut y = [0.0; 8];
        if crate::Avx2::detect().is_some() {
            // SAFETY: the processor has the instructions, and eight values have room.
            #[allow(unsafe_code)]
            unsafe {
                _mm256_storeu_ps(y.as_mut_ptr(), exp(_mm256_loadu_ps(x.as_ptr())));
            }
        } else {
            y = x.map(crate::exp);
        }
        y
    }

    fn assert_same(x: [f32; 8]) {
        for (x, y) in x.into_iter().zip(eight(x)) {
            let wanted = crate::exp(x);
            let both_nan = y.is_nan() && wanted.is_nan();
            assert!(
                both_nan || y.to_bits() == wanted.to_bits(),
                "exp({x:e}) is {y:e}, not {wanted:e}"
            );
        }
    }

    #[test]
    fn ends_are_the_scalar_ones() {
        assert_same([
            0.0,
            -0.0,
            f32::INFINITY,
            f32::NEG_INFINITY,
            f32::NAN,
            88.722_84,
            88.722_85,
            1e-45,
        ]);
        assert_same([
            -103.972_08,
            -103.972_09,
            -87.336_54,
            -87.4,
            -100.0,
            127.5,
            -126.9,
            1e30,
        ]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn is_the_scalar_one(bits in prop::array::uniform8(any::<u32>()), near in prop::array::uniform8(-110.0_f32..90.0)) {
            assert_same(bits.map(f32::from_bits));
            assert_same(near);
        }
    }
}
