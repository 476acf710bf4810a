use core::f64::consts::{FRAC_PI_2, FRAC_PI_6};

use super::wide::{polynomial, sqrt};

/// Coefficients of the inverse tangent's series in the square, from `x^17` down to `x`.
const ATAN: [f64; 9] = [
    1.0 / 17.0,
    -1.0 / 15.0,
    1.0 / 13.0,
    -1.0 / 11.0,
    1.0 / 9.0,
    -1.0 / 7.0,
    1.0 / 5.0,
    -1.0 / 3.0,
    1.0,
];

/// `tan(pi / 12)`, where the series begins to need more terms.
const TAN_15_DEGREES: f64 = 0.267_949_192_431_122_7;

const SQRT_3: f64 = 1.732_050_807_568_877_2;

/// Inverse sine; NaN outside -1 to 1.
pub fn asin(x: f32) -> f32 {
    let x = f64::from(x);
    arctangent(x / sqrt((1.0 - x) * (1.0 + x))) as f32
}

/// Inverse cosine; NaN outside -1 to 1.
pub fn acos(x: f32) -> f32 {
    let x = f64::from(x);
    (2.0 * arctangent(sqrt((1.0 - x) / (1.0 + x)))) as f32
}

/// Inverse tangent.
pub fn atan(x: f32) -> f32 {
    arctangent(f64::from(x)) as f32
}

fn arctangent(x: f64) -> f64 {
    let magnitude = x.abs();
    let inverted = magnitude > 1.0;
    let ratio = if inverted { 1.0 / magnitude } else { magnitude };
    let turned = ratio > TAN_15_DEGREES;
    let (base, rest) = if turned {
        (FRAC_PI_6, (ratio * SQRT_3 - 1.0) / (SQRT_3 + ratio))
    } else {
        (0.0, ratio)
    };
    let angle = base + rest * polynomial(&ATAN, rest * rest);
    (if inverted { FRAC_PI_2 - angle } else { angle }).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn inverse_trigonometric_functions_are_within_one_ulp() {
        within(1, atan, f64::atan);
        within(1, asin, f64::asin);
        within(1, acos, f64::acos);
    }
}
