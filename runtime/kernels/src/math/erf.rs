use core::f64::consts::FRAC_2_SQRT_PI;

use super::wide::{exp, polynomial};

/// Coefficients of the error function's series in the square, from `x^25` down to `x`:
/// `(-1)^n / (n! (2n + 1))`.
const SERIES: [f64; 13] = [
    1.0 / 11_975_040_000.0,
    -1.0 / 918_086_400.0,
    1.0 / 76_204_800.0,
    -1.0 / 6_894_720.0,
    1.0 / 685_440.0,
    -1.0 / 75_600.0,
    1.0 / 9_360.0,
    -1.0 / 1_320.0,
    1.0 / 216.0,
    -1.0 / 42.0,
    1.0 / 10.0,
    -1.0 / 3.0,
    1.0,
];

/// `erfc(x) * e^(x^2) / t` as a polynomial in `t = 1 / (1 + 0.4 x)`, highest power first: an interpolation in
/// Chebyshev's points, relatively within 2^-30 for every positive `x`.
const TAIL: [f64; 13] = [
    0.018_794_545_262_02,
    -0.107_348_955_480_3,
    0.237_474_244_305_9,
    -0.237_429_030_933_7,
    0.100_938_141_929_2,
    -0.057_973_620_362_01,
    0.027_673_782_885_26,
    0.065_645_207_215_52,
    0.121_735_827_438_6,
    0.171_516_796_031_4,
    0.207_621_386_030_6,
    0.225_675_842_637_9,
    0.225_675_833_390_4,
];

/// Error function.
pub fn erf(x: f32) -> f32 {
    let x = f64::from(x);
    let magnitude = x.abs();
    let result = if magnitude < 1.0 {
        FRAC_2_SQRT_PI * x * polynomial(&SERIES, x * x)
    } else {
        (1.0 - tail(magnitude)).copysign(x)
    };
    result as f32
}

/// Complementary error function `1 - erf(x)`, small values as precise as large ones.
pub(super) fn erfc(x: f64) -> f64 {
    if x < 0.0 { 2.0 - tail(-x) } else { tail(x) }
}

/// `erfc(x)` for a positive `x`.
fn tail(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.4 * x);
    exp(-x * x) * t * polynomial(&TAIL, t)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::math::testing::within;

    /// The complementary error function by its continued fraction, or one less its series.
    pub(in crate::math) fn exact_erfc(x: f64) -> f64 {
        if x < 0.0 {
            return 2.0 - exact_erfc(-x);
        }
        if x < 2.0 {
            return 1.0 - exact_erf(x);
        }
        let fraction = (1..200).rev().fold(x, |f, k| x + 0.5 * f64::from(k) / f);
        (-x * x).exp() / fraction * 0.5 * FRAC_2_SQRT_PI
    }

    fn exact_erf(x: f64) -> f64 {
        if x.abs() > 2.0 {
            return x.signum() * (1.0 - exact_erfc(x.abs()));
        }
        let mut term = x;
        let mut sum = x;
        for n in 1..80 {
            term *= 2.0 * x * x / f64::from(2 * n + 1);
            sum += term;
        }
        FRAC_2_SQRT_PI * (-x * x).exp() * sum
    }

    #[test]
    fn erf_is_within_one_ulp() {
        within(1, erf, exact_erf);
    }
}
