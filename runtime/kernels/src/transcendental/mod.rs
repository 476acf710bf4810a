//! A function of each element in f32 that is computed in f64 (ONNX `Log`, `Sin`, `Erf`, `Gelu` and the like). The
//! functions of a kernel apart from [`unary`](crate::unary), so that a board without an FPU for doubles
//! links software floats only for models that need them.
//!
//! Within 2 ULP; at infinity, the limit; NaN outside the domain. The output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, math, require};

/// The functions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// Natural logarithm.
    Log,
    /// Sine.
    Sin,
    /// Cosine.
    Cos,
    /// Tangent.
    Tan,
    /// Inverse sine.
    Asin,
    /// Inverse cosine.
    Acos,
    /// Inverse tangent.
    Atan,
    /// Hyperbolic sine.
    Sinh,
    /// Hyperbolic cosine.
    Cosh,
    /// Inverse hyperbolic sine.
    Asinh,
    /// Inverse hyperbolic cosine.
    Acosh,
    /// Inverse hyperbolic tangent.
    Atanh,
    /// Error function.
    Erf,
    /// `x / 2 * (1 + erf(x / sqrt(2)))`.
    Gelu,
    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`.
    GeluTanh,
    /// `ln(1 + e^x)`.
    Softplus,
    /// `x * tanh(softplus(x))`.
    Mish,
    /// `x * sigmoid(alpha * x)`.
    Swish(f32),
    /// `x` where positive, else `alpha * (e^x - 1)`.
    Elu(f32),
    /// `gamma` times the latter, with `alpha` first.
    Selu(f32, f32),
    /// `x` where positive, else `alpha * (e^(x / alpha) - 1)`.
    Celu(f32),
}

impl Function {
    /// The function's value at `x`.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Function::Log => math::ln(x),
            Function::Sin => math::sin(x),
            Function::Cos => math::cos(x),
            Function::Tan => math::tan(x),
            Function::Asin => math::asin(x),
            Function::Acos => math::acos(x),
            Function::Atan => math::atan(x),
            Function::Sinh => math::sinh(x),
            Function::Cosh => math::cosh(x),
            Function::Asinh => math::asinh(x),
            Function::Acosh => math::acosh(x),
            Function::Atanh => math::atanh(x),
            Function::Erf => math::erf(x),
            Function::Gelu => math::gelu(x),
            Function::GeluTanh => math::gelu_tanh(x),
            Function::Softplus => math::softplus(x),
            Function::Mish => math::mish(x),
            Function::Swish(alpha) => math::swish(x, alpha),
            Function::Elu(alpha) => math::elu(x, alpha),
            Function::Selu(alpha, gamma) => math::selu(x, alpha, gamma),
            Function::Celu(alpha) => math::celu(x, alpha),
        }
    }
}

/// Applies `function` to each element.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ.
pub fn f32(function: Function, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    require(input.len() == output.len())?;
    for (x, y) in input.iter().zip(output) {
        y.set(function.apply(x.get()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn applies_to_each_element() {
        let x = cells(&[1.0, 0.0, -1.0]);
        f32(Function::Elu(2.0), &x, &x).unwrap();
        assert_eq!(values(&x), [1.0, 0.0, -1.264_241_1]);
        assert!(f32(Function::Erf, &x, &x[1..]).is_err());
    }

    #[test]
    fn units_have_limits_at_infinity() {
        for (function, low) in [
            (Function::Gelu, 0.0),
            (Function::GeluTanh, 0.0),
            (Function::Softplus, 0.0),
            (Function::Mish, 0.0),
            (Function::Swish(1.0), 0.0),
            (Function::Elu(2.0), -2.0),
            (Function::Selu(2.0, 3.0), -6.0),
            (Function::Celu(2.0), -2.0),
        ] {
            assert_eq!(function.apply(f32::NEG_INFINITY), low, "{function:?}");
            assert_eq!(function.apply(f32::INFINITY), f32::INFINITY, "{function:?}");
            assert!(function.apply(f32::NAN).is_nan(), "{function:?}");
        }
    }
}
