//! A function of each element in f32 (ONNX `Relu`, `Clip`, `LeakyRelu`, `Sigmoid`, `Tanh`).
//!
//! Clamp and leaky ReLU are exact; sigmoid and tanh are within 4 ULP. The output may overlap the input
//! as [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, clamp_f32, require, sigmoid, tanh};

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
}

impl Function {
    /// The function's value at `x`.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Function::Clamp(min, max) => clamp_f32(x, min, max),
            Function::LeakyRelu(slope) => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
            Function::Sigmoid => sigmoid(x),
            Function::Tanh => tanh(x),
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
    fn nan_goes_through() {
        for function in [
            Function::Clamp(0.0, 6.0),
            Function::LeakyRelu(0.1),
            Function::Sigmoid,
            Function::Tanh,
        ] {
            let x = cells(&[f32::NAN, 1.0]);
            f32(function, &x, &x).unwrap();
            assert!(values(&x)[0].is_nan(), "{function:?}");
            assert!(values(&x)[1] > 0.5, "{function:?}");
        }
    }
}
