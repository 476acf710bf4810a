use super::wide;

/// Natural logarithm.
pub fn ln(x: f32) -> f32 {
    wide::ln(f64::from(x)) as f32
}

/// `base` to the power of `exponent` with the special cases of IEEE 754, in double precision so that
/// integers can be powers too. Within 2^-32, relative, for results in the range of f32; other results may
/// come out as any value outside that range.
pub fn pow(base: f64, exponent: f64) -> f64 {
    if exponent == 0.0 || base == 1.0 {
        return 1.0;
    }
    let magnitude = base.abs();
    let power = if magnitude == 1.0 {
        1.0 // Also to the power of infinity.
    } else {
        saturate(exponent * wide::ln(magnitude))
    };
    if !base.is_sign_negative() {
        return power;
    }
    match parity(exponent) {
        Parity::Even => power,
        Parity::Odd => -power,
        Parity::Fraction if magnitude == 0.0 || magnitude == f64::INFINITY => power,
        Parity::Fraction => f64::NAN,
    }
}

/// `e^x`, with 0 and infinity beyond the range of f32.
fn saturate(x: f64) -> f64 {
    if x > 150.0 {
        f64::INFINITY
    } else if x < -150.0 {
        0.0
    } else {
        wide::exp(x)
    }
}

enum Parity {
    Even,
    Odd,
    Fraction,
}

fn parity(x: f64) -> Parity {
    let integer = x as i64;
    if x.abs() >= 9_007_199_254_740_992.0 {
        Parity::Even // From 2^53 on.
    } else if integer as f64 != x {
        Parity::Fraction
    } else if integer & 1 == 0 {
        Parity::Even
    } else {
        Parity::Odd
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::{sweep, within};
    use crate::testing::ulps;

    #[test]
    fn ln_is_within_one_ulp() {
        within(1, ln, f64::ln);
    }

    #[test]
    fn pow_is_within_one_ulp() {
        let pow = |x: f32, y: f32| super::pow(f64::from(x), f64::from(y)) as f32;
        let exponents = [
            0.5,
            2.0,
            -1.0,
            3.0,
            0.1,
            -2.5,
            17.0,
            1e-3,
            90.7,
            f32::INFINITY,
        ];
        for y in exponents {
            within(1, |x| pow(x, y), |x| x.powf(f64::from(y)));
        }
        let bases = [
            0.0,
            -0.0,
            0.5,
            1.0,
            -1.0,
            1.000_001,
            3.0,
            -2.0,
            f32::INFINITY,
            f32::NAN,
        ];
        for x in bases {
            for y in sweep() {
                let (ours, exact) = (pow(x, y), f64::from(x).powf(f64::from(y)) as f32);
                let same = ours.is_nan() && exact.is_nan();
                assert!(
                    same || ulps(ours, exact) <= 1,
                    "{x} to the power of {y}: {ours}, not {exact}"
                );
            }
        }
    }

    #[test]
    fn powers_of_small_integers_are_exact() {
        assert_eq!(pow(3.0, 6.0) as f32, 729.0);
        assert_eq!(pow(-7.0, 5.0) as f32, -16_807.0);
    }
}
