//! Product of two int8 tensors, with broadcasting (ONNX Runtime's `QLinearMul`; TensorFlow Lite `MUL`):
//! `scale((a - za) * (b - zb)) + zy`, where the multiplier is `sa * sb / sy`.
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.

use crate::broadcast::Pair;
use crate::requantize::{Multiplier, Quant};
use crate::{Result, require};

/// Operands of an int8 product.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Factors and product.
    pub pair: Pair<'a, i8, i8, i8>,
    /// Zero points of the first factor and of the output, and the fused activation.
    pub quant: Quant,
    /// Zero point of the second factor.
    pub b_zero_point: i32,
    /// Product of the factors' scales over the output's.
    pub multiplier: Multiplier,
}

/// Multiplication in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast or a zero point is not an i8.
pub fn i8(op: &I8<'_>) -> Result {
    require(i8::try_from(op.b_zero_point).is_ok())?;
    op.quant.check()?;
    op.pair.map(|a, b| {
        let a = i32::from(a) - op.quant.input_zero_point;
        let b = i32::from(b) - op.b_zero_point;
        op.quant.finish(op.multiplier.scale(a * b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::testing::{cells, values};
    use proptest::prelude::*;

    const QUANT: Quant = Quant {
        input_zero_point: 3,
        output_zero_point: -5,
        min: -128,
        max: 127,
    };

    fn product(multiplier: Multiplier, a: &[i8], b: &[i8]) -> std::vec::Vec<i8> {
        let y = cells(&std::vec![0i8; a.len()]);
        let pair = Pair {
            a: Source::Cells(&cells(a)),
            a_shape: &[a.len()],
            b: Source::Constant(b),
            b_shape: &[b.len()],
            output: &y,
            shape: &[a.len()],
        };
        i8(&I8 {
            pair,
            quant: QUANT,
            b_zero_point: 10,
            multiplier,
        })
        .unwrap();
        values(&y)
    }

    #[test]
    fn a_scalar_multiplies_every_element() {
        // Real values (10, -1) * 0.5 and 4 * 0.25 in an output scale of 0.25: 5 and -0.5, 20 and -2 steps.
        let y = product(Multiplier::Onnx(0.5), &[13, 2], &[14]);
        assert_eq!(y, [15, -7]);
    }

    proptest! {
        /// A Q31 multiplier of 0.75 * 2^-6, against exact arithmetic.
        #[test]
        fn both_roundings_are_near_the_exact_product(a: i8, b: i8) {
            let scale = 0.75 / 64.0;
            let exact = f64::from(i32::from(a) - 3) * f64::from(i32::from(b) - 10) * scale - 5.0;
            let exact = exact.clamp(-128.0, 127.0);
            for multiplier in [Multiplier::Onnx(scale as f32), Multiplier::Tflite(3 << 29, -6)] {
                let y = f64::from(product(multiplier, &[a], &[b])[0]);
                prop_assert!((y - exact).abs() <= 0.51, "{} for {}", y, exact);
            }
        }
    }
}
