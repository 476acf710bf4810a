//! e^x and what is made of it, in single precision throughout: these are on the hot path of cores whose
//! FPU has no doubles.

use super::round_ties_even;

/// `2^n` for `-126 <= n <= 127`.
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n.clamp(-126, 127) + 127) as u32) << 23)
}

/// e to the power of `x`, within 2 ULP, subnormal results included.
///
/// Reduction by Cody and Waite and the polynomial of Cephes' `expf` (Moshier).
pub fn exp(x: f32) -> f32 {
    if x.is_nan() {
        return x;
    }
    if x > 88.722_84 {
        return f32::INFINITY;
    }
    if x < -103.972_08 {
        return 0.0;
    }
    let n = round_ties_even(x * core::f32::consts::LOG2_E);
    // ln 2 in two parts, the first with so few bits that n times it is exact.
    let r = (x - n * 0.693_359_4) - n * -2.121_944_4e-4;
    let mut p = 1.987_569_1e-4;
    for coefficient in [
        1.398_199_9e-3,
        8.333_452e-3,
        4.166_579_6e-2,
        1.666_666_5e-1,
        0.5,
    ] {
        p = p * r + coefficient;
    }
    let mantissa = (p * (r * r) + r) + 1.0;
    // Two factors, since 2^n itself is subnormal or overflows at the ends.
    let n = n as i32;
    let half = n / 2;
    mantissa * power_of_two(half) * power_of_two(n - half)
}

/// Logistic function, within 4 ULP.
pub fn sigmoid(x: f32) -> f32 {
    if x >= 0.0 {
        1.0 / (1.0 + exp(-x))
    } else {
        // The form for negative x keeps small results from being rounded through 1 / large.
        let e = exp(x);
        e / (1.0 + e)
    }
}

/// Hyperbolic tangent, within 4 ULP. Polynomial of Cephes' `tanhf` (Moshier) near zero.
pub fn tanh(x: f32) -> f32 {
    let magnitude = x.abs();
    if magnitude < 0.625 {
        let s = x * x;
        let mut p = -5.704_988_7e-3;
        for coefficient in [2.063_909e-2, -5.373_971e-2, 1.333_144_2e-1, -3.333_328e-1] {
            p = p * s + coefficient;
        }
        return (p * s * x + x).copysign(x);
    }
    if x.is_nan() {
        return x;
    }
    let result = 1.0 - 2.0 / (exp(2.0 * magnitude) + 1.0);
    if x < 0.0 { -result } else { result }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn exp_is_within_two_ulps() {
        within(2, exp, f64::exp);
    }

    #[test]
    fn sigmoid_is_within_four_ulps() {
        let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
        within(4, sigmoid, logistic);
    }

    #[test]
    fn tanh_is_within_four_ulps() {
        within(4, tanh, f64::tanh);
    }
}
