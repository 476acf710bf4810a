//! Sum of two int8 tensors, with broadcasting (ONNX Runtime's `QLinearAdd`; TensorFlow Lite `ADD`, and `SUB` with
//! the second multiplier negated).
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.
//!
//! Numerics `onnx`: `rne(f32(a - za) * (sa / sy) + f32(b - zb) * (sb / sy)) + zy`, each operation
//! rounded to f32. Numerics `tflite`: both differences shifted left, scaled to a common scale, added and
//! scaled to the output.

mod scalar;

use crate::broadcast::Pair;
use crate::requantize::Quant;
use crate::{Result, require};

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
    /// Summands and sum.
    pub pair: Pair<'a, i8, i8, i8>,
    /// Zero points of the first summand and of the output, and the fused activation.
    pub quant: Quant,
    /// Zero point of the second summand.
    pub b_zero_point: i32,
    /// Scales.
    pub scaling: Scaling,
}

/// Addition in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast or a zero point is not an i8.
pub fn i8(op: &I8<'_>) -> Result {
    require(i8::try_from(op.b_zero_point).is_ok())?;
    op.quant.check()?;
    scalar::i8(op)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::testing::{cells, values};

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
        let pair = Pair {
            a: Source::Cells(&a),
            a_shape: &[2],
            b: Source::Cells(&b),
            b_shape: &[2],
            output: &output,
            shape: &[2],
        };
        i8(&I8 {
            pair,
            quant,
            b_zero_point: 10,
            scaling,
        })
        .unwrap();
        assert_eq!(values(&output), [10, -128]);
    }
}
