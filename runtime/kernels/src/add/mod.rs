//! Sum of two tensors of one shape (ONNX `Add`, `QLinearAdd`; TensorFlow Lite `ADD`).
//!
//! The output may overlap either input as [`Overlap::elementwise`](crate::Overlap::elementwise) says.
//!
//! int8, numerics `onnx`: `rne(f32(a - za) * (sa / sy) + f32(b - zb) * (sb / sy)) + zy`, each operation
//! rounded to f32. Numerics `tflite`: both differences shifted left, scaled to a common scale, added and
//! scaled to the output.

mod scalar;

use core::cell::Cell;

use crate::requantize::Quant;
use crate::{Result, require};

/// Operands of a float addition.
#[derive(Clone, Copy)]
pub struct F32<'a> {
    /// First summand.
    pub a: &'a [Cell<f32>],
    /// Second summand.
    pub b: &'a [Cell<f32>],
    /// Fused activation: least and greatest value.
    pub clamp: [f32; 2],
    /// Sum.
    pub output: &'a [Cell<f32>],
}

/// How int8 summands come to the output's scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaling {
    /// `sa / sy` and `sb / sy`.
    Onnx {
        /// Factor of the first summand.
        a: f32,
        /// Factor of the second summand.
        b: f32,
    },
    /// Q31 multipliers with shifts that are never positive.
    Tflite {
        /// Left shift of both differences, usually 20.
        left_shift: u32,
        /// Of the first summand.
        a: [i32; 2],
        /// Of the second summand.
        b: [i32; 2],
        /// Of the sum.
        y: [i32; 2],
    },
}

/// Operands of an int8 addition.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// First summand.
    pub a: &'a [Cell<i8>],
    /// Second summand.
    pub b: &'a [Cell<i8>],
    /// Zero points of the first summand and of the output, and the fused activation.
    pub quant: Quant,
    /// Zero point of the second summand.
    pub b_zero_point: i32,
    /// Scales.
    pub scaling: Scaling,
    /// Sum.
    pub output: &'a [Cell<i8>],
}

/// Addition in f32.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ.
pub fn f32(op: &F32<'_>) -> Result {
    require(op.a.len() == op.output.len() && op.b.len() == op.output.len())?;
    scalar::f32(op);
    Ok(())
}

/// Addition in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or a zero point is not an i8.
pub fn i8(op: &I8<'_>) -> Result {
    require(op.a.len() == op.output.len() && op.b.len() == op.output.len())?;
    require(i8::try_from(op.b_zero_point).is_ok())?;
    op.quant.check()?;
    scalar::i8(op);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn adds_in_place() {
        let a = cells(&[1.0f32, -2.0, 3.0]);
        f32(&F32 {
            a: &a,
            b: &cells(&[1.0, 1.0, 1.0]),
            clamp: [0.0, 3.5],
            output: &a,
        })
        .unwrap();
        assert_eq!(values(&a), [2.0, 0.0, 3.5]);
    }

    #[test]
    fn int8_sums_real_values() {
        let quant = Quant {
            input_zero_point: 3,
            output_zero_point: -5,
            min: -128,
            max: 127,
        };
        let (a, b) = (cells(&[13i8, -128]), cells(&[20i8, -128]));
        let output = cells(&[0i8; 2]);
        // Real values 10 * 0.5 and 10 * 0.25 in an output scale of 0.5: 5 + 2.5 = 7.5 is 15 steps.
        let scaling = Scaling::Onnx { a: 1.0, b: 0.5 };
        i8(&I8 {
            a: &a,
            b: &b,
            quant,
            b_zero_point: 10,
            scaling,
            output: &output,
        })
        .unwrap();
        assert_eq!(values(&output), [10, -128]);
    }
}
