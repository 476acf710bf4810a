//! Elementary functions in f32, the same bits on every target: no platform libm, no fused multiply-add.

/// Nearest integer, ties to even.
#[inline(always)]
pub fn round_ties_even(x: f32) -> f32 {
    // From 2^23 on a float has no fraction; below, adding 2^23 rounds it away.
    const SHIFTER: f32 = 8_388_608.0;
    let magnitude = x.abs();
    if magnitude < SHIFTER {
        ((magnitude + SHIFTER) - SHIFTER).copysign(x)
    } else {
        x
    }
}

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
        return p * s * x + x;
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
    use crate::testing::ulps;

    /// Every 1,009th float, which reaches all exponents of both signs.
    fn sweep() -> impl Iterator<Item = f32> {
        (0..=u32::MAX).step_by(1009).map(f32::from_bits)
    }

    fn worst(ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> u32 {
        let mut worst = 0;
        for x in sweep() {
            let (y, reference) = (ours(x), exact(f64::from(x)) as f32);
            if x.is_nan() {
                assert!(y.is_nan());
            } else {
                worst = worst.max(ulps(y, reference));
            }
        }
        worst
    }

    #[test]
    fn exp_is_within_two_ulps() {
        assert!(worst(exp, f64::exp) <= 2);
    }

    #[test]
    fn sigmoid_is_within_four_ulps() {
        assert!(
            worst(sigmoid, |x| if x >= 0.0 {
                1.0 / (1.0 + (-x).exp())
            } else {
                x.exp() / (1.0 + x.exp())
            }) <= 4
        );
    }

    #[test]
    fn tanh_is_within_four_ulps() {
        assert!(worst(tanh, f64::tanh) <= 4);
    }

    #[test]
    fn rounds_ties_to_even() {
        for x in sweep().filter(|x| x.is_finite()) {
            assert_eq!(round_ties_even(x), x.round_ties_even(), "{x}");
        }
    }
}
