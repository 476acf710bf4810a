/// `(sx * sw) / sy` in f32, in that order, as numerics `onnx` wants it.
pub(crate) fn onnx_multiplier(input: f32, weights: f32, output: f32) -> f32 {
    (input * weights) / output
}

/// A positive real number as Q31 multiplier and shift (positive shifts left), as TensorFlow Lite's
/// `QuantizeMultiplier` makes them.
pub(crate) fn q31_multiplier(real: f64) -> [i32; 2] {
    if real <= 0.0 || !real.is_finite() {
        return [0, 0];
    }
    let mut shift = real.log2().floor() as i32 + 1;
    let mut fraction = (real / f64::from(shift).exp2() * (1_i64 << 31) as f64).round() as i64;
    if fraction == 1 << 31 {
        fraction /= 2;
        shift += 1;
    }
    if shift < -31 {
        return [0, 0];
    }
    [fraction as i32, shift]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn powers_of_two_are_exact() {
        assert_eq!(q31_multiplier(0.5), [1 << 30, 0]);
        assert_eq!(q31_multiplier(1.0), [1 << 30, 1]);
        assert_eq!(q31_multiplier(0.0), [0, 0]);
        assert_eq!(q31_multiplier(1.0 - 1e-12), [1 << 30, 1]);
    }

    proptest! {
        #[test]
        fn the_error_is_below_2_to_the_minus_31(real in 1e-6_f64..1e3) {
            let [multiplier, shift] = q31_multiplier(real);
            prop_assert!((1 << 30..=i32::MAX).contains(&multiplier));
            let value = f64::from(multiplier) * f64::from(shift - 31).exp2();
            prop_assert!((value - real).abs() <= real * 2.0_f64.powi(-30));
        }
    }
}
