use core::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use super::wide::polynomial;

/// Binary digits of `2 / pi` behind 32 zeros.
const TWO_OVER_PI: [u32; 8] = [
    0,
    0xA2F9_836E,
    0x4E44_1529,
    0xFC27_57D1,
    0xF534_DDC0,
    0xDB62_9599,
    0x3C43_9041,
    0xFE51_63AB,
];

/// Coefficients of the sine's series in the square, from `x^11` down to `x`.
const SINE: [f64; 6] = [
    -1.0 / 39_916_800.0,
    1.0 / 362_880.0,
    -1.0 / 5_040.0,
    1.0 / 120.0,
    -1.0 / 6.0,
    1.0,
];

/// Coefficients of the cosine's series in the square, from `x^12` down to 1.
const COSINE: [f64; 7] = [
    1.0 / 479_001_600.0,
    -1.0 / 3_628_800.0,
    1.0 / 40_320.0,
    -1.0 / 720.0,
    1.0 / 24.0,
    -1.0 / 2.0,
    1.0,
];

/// Sine.
pub fn sin(x: f32) -> f32 {
    let (quadrant, rest) = reduce(x.abs());
    sine(quadrant, rest) as f32 * 1.0f32.copysign(x)
}

/// Cosine.
pub fn cos(x: f32) -> f32 {
    let (quadrant, rest) = reduce(x.abs());
    sine(quadrant + 1, rest) as f32
}

/// Tangent.
pub fn tan(x: f32) -> f32 {
    let (quadrant, rest) = reduce(x.abs());
    let tangent = sine(quadrant, rest) / sine(quadrant + 1, rest);
    tangent as f32 * 1.0f32.copysign(x)
}

/// Sine of `quadrant` right angles and `rest`.
fn sine(quadrant: u32, rest: f64) -> f64 {
    let square = rest * rest;
    let value = if quadrant & 1 == 0 {
        rest * polynomial(&SINE, square)
    } else {
        polynomial(&COSINE, square)
    };
    if quadrant & 2 == 0 { value } else { -value }
}

/// A positive angle as a number of right angles, modulo 4, and a rest within ±pi / 4; NaN for infinity.
fn reduce(x: f32) -> (u32, f64) {
    if !x.is_finite() {
        return (0, f64::NAN);
    }
    if f64::from(x) < FRAC_PI_4 {
        return (0, f64::from(x));
    }
    let turns = right_angles(x);
    let quadrant = (turns >> 62) + (turns >> 61 & 1);
    let rest = turns.wrapping_sub(quadrant << 62) as i64;
    // The fraction of 62 bits is exact to the last; the closest that a float comes to a multiple of a
    // right angle is about 2^-29.
    let unit = FRAC_PI_2 / (1u64 << 62) as f64;
    (quadrant as u32, rest as f64 * unit)
}

/// `x * 2 / pi` modulo 4 in units of 2^-62, for a finite `x` of at least 1/2 (Payne and Hanek's reduction).
fn right_angles(x: f32) -> u64 {
    let exponent = (x.to_bits() >> 23).saturating_sub(126);
    let mantissa = u64::from(x.to_bits() & 0x007F_FFFF | 0x0080_0000);
    // The 96 digits of 2 / pi that matter: those before them add multiples of 4, those behind them less
    // than the last bit.
    let first = exponent + 6;
    let digits = |index: u32| {
        let word = |at: u32| u64::from(TWO_OVER_PI.get(at as usize).copied().unwrap_or(0));
        let at = first / 32 + index;
        let both = word(at) << 32 | word(at + 1);
        both << (first % 32) >> 32
    };
    ((mantissa * digits(0)) << 32)
        .wrapping_add(mantissa * digits(1))
        .wrapping_add((mantissa * digits(2)) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn trigonometric_functions_are_within_one_ulp() {
        within(1, sin, f64::sin);
        within(1, cos, f64::cos);
        within(1, tan, f64::tan);
    }

    #[test]
    fn angles_next_to_right_ones_keep_their_digits() {
        // The float closest to a multiple of pi / 2.
        let x = 16_367_173.0 * 72f32.exp2();
        for f in [
            (sin as fn(f32) -> f32, f64::sin as fn(f64) -> f64),
            (cos, f64::cos),
            (tan, f64::tan),
        ] {
            assert_eq!(f.0(x), f.1(f64::from(x)) as f32);
        }
    }
}
