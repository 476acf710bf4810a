//! Elementary functions in double precision, to about 2^-40: the ground for those in f32, which round their
//! results once. NaN gives NaN.

use core::f64::consts::{LN_2, LOG2_E, SQRT_2};

/// Bounds of the exponent of e: far outside what f32 holds, far inside f64.
const EXPONENT: f64 = 200.0;

/// Coefficients `1 / n!` of the exponential series, from `n = 10` down to 1.
const EXPONENTIAL: [f64; 10] = [
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    1.0 / 2.0,
    1.0,
];

/// Coefficients `1 / (2n + 1)` of the series of the inverse hyperbolic tangent, from `n = 8` down to 0.
const LOGARITHM: [f64; 9] = [
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];

/// `x` as a finite number, with infinities put beyond the range of f32: products with what falls faster
/// than they grow are then zero instead of NaN.
pub(super) fn finite(x: f32) -> f64 {
    f64::from(x).clamp(-1.0e39, 1.0e39)
}

/// The polynomial with these coefficients, highest power first.
pub(super) fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// `e^x`, for `x` beyond ±200 that of ±200.
pub(super) fn exp(x: f64) -> f64 {
    let (fraction, scale) = exp_parts(x);
    (fraction + 1.0) * scale
}

/// `e^x - 1`, relative to itself as precise as the others.
pub(super) fn exp_m1(x: f64) -> f64 {
    let (fraction, scale) = exp_parts(x);
    if scale == 1.0 {
        return fraction; // A negative zero stays one.
    }
    fraction * scale + (scale - 1.0)
}

/// `e^x` as `(1 + fraction) * scale` with a power of two as scale.
fn exp_parts(x: f64) -> (f64, f64) {
    let x = x.clamp(-EXPONENT, EXPONENT);
    let n = (x * LOG2_E + 0.5f64.copysign(x)) as i32;
    let rest = x - f64::from(n) * LN_2;
    (rest * polynomial(&EXPONENTIAL, rest), power_of_two(n))
}

/// `2^n` for an `n` in the range of normal numbers.
fn power_of_two(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}

/// Natural logarithm of a number that is not subnormal.
pub(super) fn ln(x: f64) -> f64 {
    if x <= 0.0 {
        return if x == 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::NAN
        };
    }
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    let mut exponent = (x.to_bits() >> 52) as i32 - 1023;
    let mut mantissa = f64::from_bits(x.to_bits() & 0x000F_FFFF_FFFF_FFFF | 0x3FF0_0000_0000_0000);
    if mantissa > SQRT_2 {
        mantissa *= 0.5;
        exponent += 1;
    }
    f64::from(exponent) * LN_2 + ln_ratio((mantissa - 1.0) / (mantissa + 1.0))
}

/// `ln(1 + x)`, relative to itself as precise as the others.
pub(super) fn ln_1p(x: f64) -> f64 {
    if x > -0.25 && x < 0.4 {
        ln_ratio(x / (2.0 + x))
    } else {
        ln(1.0 + x)
    }
}

/// `ln((1 + s) / (1 - s))` for `|s| <= 0.172`.
fn ln_ratio(s: f64) -> f64 {
    2.0 * s * polynomial(&LOGARITHM, s * s)
}

/// Square root of zero, infinity or a number in the range of f32.
pub(super) fn sqrt(x: f64) -> f64 {
    let root = f64::from(super::sqrt(x as f32));
    if root == 0.0 || root == f64::INFINITY {
        return root;
    }
    // One step of Newton's doubles the bits.
    0.5 * (root + x / root)
}
