use super::wide;

/// From here on `1 + x^2` is `x^2` to the last bit that counts.
const LARGE: f64 = 16_384.0;

/// Hyperbolic sine.
pub fn sinh(x: f32) -> f32 {
    let e = wide::exp_m1(f64::from(x.abs()));
    ((0.5 * (e + e / (1.0 + e))) as f32).copysign(x)
}

/// Hyperbolic cosine.
pub fn cosh(x: f32) -> f32 {
    let e = wide::exp(f64::from(x));
    (0.5 * (e + 1.0 / e)) as f32
}

/// Inverse hyperbolic sine.
pub fn asinh(x: f32) -> f32 {
    let magnitude = f64::from(x).abs();
    let result = if magnitude > LARGE {
        wide::ln(2.0 * magnitude)
    } else {
        let square = magnitude * magnitude;
        wide::ln_1p(magnitude + square / (1.0 + wide::sqrt(1.0 + square)))
    };
    (result as f32).copysign(x)
}

/// Inverse hyperbolic cosine; NaN below 1.
pub fn acosh(x: f32) -> f32 {
    if x < 1.0 {
        return f32::NAN;
    }
    let x = f64::from(x);
    let result = if x > LARGE {
        wide::ln(2.0 * x)
    } else {
        let above = x - 1.0;
        wide::ln_1p(above + wide::sqrt(above * (above + 2.0)))
    };
    result as f32
}

/// Inverse hyperbolic tangent; NaN outside -1 to 1.
pub fn atanh(x: f32) -> f32 {
    let magnitude = f64::from(x).abs();
    let result = 0.5 * wide::ln_1p(2.0 * magnitude / (1.0 - magnitude));
    (result as f32).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn hyperbolic_functions_are_within_one_ulp() {
        within(1, sinh, f64::sinh);
        within(1, cosh, f64::cosh);
    }

    #[test]
    fn their_inverses_are_within_one_ulp() {
        // Rust's own asinh and acosh overflow or cancel, so the sweep compares logarithms to spare.
        let asinh_exact =
            |x: f64| x.signum() * (x.abs() + (x * x) / (1.0 + (1.0 + x * x).sqrt())).ln_1p();
        within(1, asinh, |x| {
            if x == 0.0 || x.is_infinite() {
                x
            } else {
                asinh_exact(x)
            }
        });
        let acosh_exact = |x: f64| {
            let root = ((x - 1.0) * (x + 1.0)).sqrt();
            if x < 1.0 {
                f64::NAN
            } else {
                ((x - 1.0) + root).ln_1p()
            }
        };
        within(1, acosh, acosh_exact);
        within(1, atanh, |x| {
            if x == 0.0 {
                x
            } else {
                0.5 * (x.ln_1p() - (-x).ln_1p())
            }
        });
    }
}
