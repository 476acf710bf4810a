//! A function of each element in f32, by the arithmetic of f32 (ONNX `Relu`, `Clip`, `LeakyRelu`, `Sigmoid`,
//! `Tanh`, `Abs`, `Sqrt` and the like; [`transcendental`](crate::transcendental) has those that need more).
//!
//! Exact or rounded once, save the hard sigmoids and softsign (within 2 ULP), exp (2), sigmoid and tanh (4).
//! The output may overlap the input as [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, clamp_f32, math, require};

/// The functions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// Clamp to least and greatest value.
    Clamp(f32, f32),
    /// `x` where positive, else the slope times `x`.
    LeakyRelu(f32),
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Hyperbolic tangent.
    Tanh,
    /// `e^x`.
    Exp,
    /// Magnitude.
    Abs,
    /// `-x`.
    Neg,
    /// -1, 0 or 1.
    Sign,
    /// `1 / x`.
    Reciprocal,
    /// Square root; NaN of a negative number.
    Sqrt,
    /// Least integer that is not below.
    Ceil,
    /// Greatest integer that is not above.
    Floor,
    /// Nearest integer, ties to even.
    Round,
    /// `x / (1 + |x|)`, ±1 at infinity.
    Softsign,
    /// `alpha * x + beta`, clamped to 0 and 1.
    HardSigmoid(f32, f32),
    /// `x * min(max(x + 3, 0), 6) / 6`.
    HardSwish,
    /// `x` above the threshold, else 0.
    ThresholdedRelu(f32),
    /// 0 within `±lambd`; beyond, `x` brought towards 0 by `bias`.
    Shrink {
        /// Half the width of the gap.
        lambd: f32,
        /// What is taken from the magnitude.
        bias: f32,
    },
}

impl Function {
    /// The function's value at `x`.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Function::Clamp(min, max) => clamp_f32(x, min, max),
            Function::LeakyRelu(slope) => leaky_relu(x, slope),
            Function::Sigmoid => math::sigmoid(x),
            Function::Tanh => math::tanh(x),
            Function::Exp => math::exp(x),
            Function::Abs => x.abs(),
            Function::Neg => -x,
            Function::Sign if x > 0.0 => 1.0,
            Function::Sign if x < 0.0 => -1.0,
            Function::Sign => x,
            Function::Reciprocal => 1.0 / x,
            Function::Sqrt => math::sqrt(x),
            Function::Ceil => math::ceil(x),
            Function::Floor => math::floor(x),
            Function::Round => math::round_ties_even(x),
            Function::Softsign if x.is_infinite() => 1.0f32.copysign(x),
            Function::Softsign => x / (1.0 + x.abs()),
            Function::HardSigmoid(alpha, beta) => {
                // The product is exact in f64, so that nothing is lost where the sum cancels.
                let line = f64::from(alpha) * f64::from(x) + f64::from(beta);
                clamp_f32(line as f32, 0.0, 1.0)
            }
            Function::HardSwish => hard_swish(x),
            Function::ThresholdedRelu(threshold) => {
                if x <= threshold {
                    0.0
                } else {
                    x
                }
            }
            Function::Shrink { lambd, bias } => {
                if x < -lambd {
                    x + bias
                } else if x > lambd {
                    x - bias
                } else if x.is_nan() {
                    x
                } else {
                    0.0
                }
            }
        }
    }
}

/// Applies `function` to each element.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ.
pub fn f32(function: Function, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    require(input.len() == output.len())?;
    // What stands alone in many models has a loop of its own, without a choice for each element.
    match function {
        Function::Clamp(min, max) => each(input, output, |x| clamp_f32(x, min, max)),
        Function::LeakyRelu(slope) => each(input, output, |x| leaky_relu(x, slope)),
        Function::HardSwish => each(input, output, hard_swish),
        _ => each(input, output, |x| function.apply(x)),
    }
    Ok(())
}

fn leaky_relu(x: f32, slope: f32) -> f32 {
    if x < 0.0 { slope * x } else { x }
}

fn hard_swish(x: f32) -> f32 {
    if x <= -3.0 {
        -0.0
    } else if x >= 3.0 {
        x
    } else {
        x * ((x + 3.0) / 6.0)
    }
}

fn each(input: &[Cell<f32>], output: &[Cell<f32>], f: impl Fn(f32) -> f32) {
    for (x, y) in input.iter().zip(output) {
        y.set(f(x.get()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, ulps, values};
    use proptest::prelude::*;

    const ALL: [Function; 18] = [
        Function::Clamp(0.0, 6.0),
        Function::LeakyRelu(0.1),
        Function::Sigmoid,
        Function::Tanh,
        Function::Exp,
        Function::Abs,
        Function::Neg,
        Function::Sign,
        Function::Reciprocal,
        Function::Sqrt,
        Function::Ceil,
        Function::Floor,
        Function::Round,
        Function::Softsign,
        Function::HardSigmoid(0.2, 0.5),
        Function::HardSwish,
        Function::ThresholdedRelu(1.0),
        Function::Shrink {
            lambd: 0.5,
            bias: 0.25,
        },
    ];

    #[test]
    fn nan_goes_through() {
        for function in ALL {
            let x = cells(&[f32::NAN, 2.0]);
            f32(function, &x, &x).unwrap();
            assert!(values(&x)[0].is_nan(), "{function:?}");
            assert!(values(&x)[1].abs() > 0.3, "{function:?}");
        }
    }

    #[test]
    fn values_at_the_ends() {
        let at = |function: Function, x: f32| function.apply(x);
        assert_eq!(at(Function::Softsign, f32::NEG_INFINITY), -1.0);
        assert_eq!(at(Function::HardSwish, f32::NEG_INFINITY), 0.0);
        assert_eq!(at(Function::HardSwish, f32::INFINITY), f32::INFINITY);
        assert_eq!(at(Function::Reciprocal, -0.0), f32::NEG_INFINITY);
        assert_eq!(at(Function::ThresholdedRelu(1.0), 1.0), 0.0);
        assert_eq!(at(Function::Sign, -0.0).to_bits(), (-0.0f32).to_bits());
        let shrink = Function::Shrink {
            lambd: 1.5,
            bias: 1.5,
        };
        assert_eq!(
            [-2.0, -1.5, 0.0, 1.5, 2.0].map(|x| at(shrink, x)),
            [-0.5, 0.0, 0.0, 0.0, 0.5]
        );
    }

    proptest! {
        #[test]
        fn hard_functions_are_within_two_ulps(x in -8.0f32..8.0) {
            let wide = f64::from(x);
            let hard_sigmoid = (f64::from(0.2f32) * wide + 0.5).clamp(0.0, 1.0);
            let hard_swish = wide * (wide + 3.0).clamp(0.0, 6.0) / 6.0;
            let softsign = wide / (1.0 + wide.abs());
            for (function, exact) in [
                (Function::HardSigmoid(0.2, 0.5), hard_sigmoid),
                (Function::HardSwish, hard_swish),
                (Function::Softsign, softsign),
            ] {
                prop_assert!(ulps(function.apply(x), exact as f32) <= 2, "{:?}", function);
            }
        }
    }
}
