//! Activations that are made of exponentials, rounded once. At infinity they have their limits.

use core::f64::consts::{FRAC_1_SQRT_2, FRAC_2_PI};

use super::erf::erfc;
use super::wide::{exp, exp_m1, finite, ln_1p, sqrt};

/// `x` where positive, else `alpha * (e^x - 1)`.
pub fn elu(x: f32, alpha: f32) -> f32 {
    if x > 0.0 {
        x
    } else {
        (f64::from(alpha) * exp_m1(f64::from(x))) as f32
    }
}

/// `gamma` times [`elu`].
pub fn selu(x: f32, alpha: f32, gamma: f32) -> f32 {
    if x > 0.0 {
        gamma * x
    } else {
        (f64::from(gamma) * f64::from(alpha) * exp_m1(f64::from(x))) as f32
    }
}

/// `x` where positive, else `alpha * (e^(x / alpha) - 1)`.
pub fn celu(x: f32, alpha: f32) -> f32 {
    if x > 0.0 {
        x
    } else {
        let alpha = f64::from(alpha);
        (alpha * exp_m1(f64::from(x) / alpha)) as f32
    }
}

/// `ln(1 + e^x)`.
pub fn softplus(x: f32) -> f32 {
    let x = f64::from(x);
    (x.max(0.0) + ln_1p(exp(-x.abs()))) as f32
}

/// `x * tanh(softplus(x))`.
pub fn mish(x: f32) -> f32 {
    let x = finite(x);
    let e = exp(x);
    // tanh(ln(1 + e)) = ((1 + e)^2 - 1) / ((1 + e)^2 + 1).
    let squares = e * (e + 2.0);
    (x * squares / (squares + 2.0)) as f32
}

/// `x / (1 + e^(-alpha * x))`.
pub fn swish(x: f32, alpha: f32) -> f32 {
    let x = finite(x);
    (x * logistic(f64::from(alpha) * x)) as f32
}

/// `x` times the normal distribution's share below `x`: `x / 2 * (1 + erf(x / sqrt(2)))`.
pub fn gelu(x: f32) -> f32 {
    let x = finite(x);
    (0.5 * x * erfc(-x * FRAC_1_SQRT_2)) as f32
}

/// The approximation `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))` of [`gelu`].
pub fn gelu_tanh(x: f32) -> f32 {
    let x = finite(x);
    let argument = sqrt(FRAC_2_PI) * (x + 0.044_715 * x * x * x);
    (x * logistic(2.0 * argument)) as f32
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::erf::tests::exact_erfc;
    use crate::math::testing::within;

    #[test]
    fn linear_units_are_within_one_ulp() {
        let branch = |x: f64, negative: f64| if x > 0.0 { x } else { negative };
        within(1, |x| elu(x, 1.5), |x| branch(x, 1.5 * x.exp_m1()));
        within(
            1,
            |x| selu(x, 1.5, 2.0),
            |x| 2.0 * branch(x, 1.5 * x.exp_m1()),
        );
        within(1, |x| celu(x, 1.5), |x| branch(x, 1.5 * (x / 1.5).exp_m1()));
    }

    #[test]
    fn smooth_units_are_within_one_ulp() {
        // An infinite x times a vanishing share is zero.
        let times = |x: f64, share: f64| if share == 0.0 { -0.0 } else { x * share };
        let softplus_exact = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        within(
            1,
            softplus,
            |x| if x.is_nan() { x } else { softplus_exact(x) },
        );
        let swish_exact = |x: f64| times(x, 1.0 / (1.0 + (f64::from(-1.702f32) * x).exp()));
        within(1, |x| swish(x, 1.702), swish_exact);
        within(1, gelu, |x| times(x, 0.5 * exact_erfc(-x / 2f64.sqrt())));
    }

    #[test]
    fn approximations_are_within_one_ulp() {
        let times = |x: f64, share: f64| if share == 0.0 { -0.0 } else { x * share };
        let tanh_exact = |x: f64| {
            let argument = (2.0 / core::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            times(x, 1.0 / (1.0 + (-2.0 * argument).exp()))
        };
        within(1, gelu_tanh, tanh_exact);
        let mish_exact = |x: f64| times(x, x.exp().ln_1p().tanh().min(1.0));
        within(1, mish, |x| if x > 700.0 { x } else { mish_exact(x) });
    }
}
