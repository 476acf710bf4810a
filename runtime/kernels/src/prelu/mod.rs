//! ReLU with a slope of its own for negative values, in int8, with broadcasting (ONNX `PRelu`; TensorFlow Lite
//! `PRELU`): a difference `x - zx` that is not negative is scaled by `sx / sy`, its product with `slope - zs`
//! otherwise by `sx * ss / sy`.
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.

use crate::broadcast::Pair;
use crate::requantize::{Multiplier, Quant};
use crate::{Result, require};

/// Operands of an int8 PReLU.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Input, slopes and output.
    pub pair: Pair<'a, i8, i8, i8>,
    /// Zero points of the input and of the output, and the fused activation.
    pub quant: Quant,
    /// Zero point of the slopes.
    pub slope_zero_point: i32,
    /// The input's scale over the output's.
    pub positive: Multiplier,
    /// Product of the input's and the slopes' scales over the output's.
    pub negative: Multiplier,
}

/// PReLU in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast or a zero point is not an i8.
pub fn i8(op: &I8<'_>) -> Result {
    require(i8::try_from(op.slope_zero_point).is_ok())?;
    op.quant.check()?;
    op.pair.map(|x, slope| {
        let x = i32::from(x) - op.quant.input_zero_point;
        op.quant.finish(if x >= 0 {
            op.positive.scale(x)
        } else {
            let slope = i32::from(slope) - op.slope_zero_point;
            op.negative.scale(x * slope)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::testing::{cells, values};

    #[test]
    fn each_channel_has_its_slope() {
        let quant = Quant {
            input_zero_point: 10,
            output_zero_point: -20,
            min: -128,
            max: 127,
        };
        // Differences 40 and -40 by 0.5; slopes 0.5 and -1 in a scale of 0.25 by 0.5 * 0.25.
        for [positive, negative] in [
            [Multiplier::Onnx(0.5), Multiplier::Onnx(0.125)],
            [
                Multiplier::Tflite(1 << 30, 0),
                Multiplier::Tflite(1 << 30, -2),
            ],
        ] {
            let y = cells(&[0i8; 4]);
            let pair = Pair {
                a: Source::Cells(&cells(&[50, 50, -30, -30])),
                a_shape: &[2, 2],
                b: Source::Constant(&[5, -1]),
                b_shape: &[2],
                output: &y,
                shape: &[2, 2],
            };
            i8(&I8 {
                pair,
                quant,
                slope_zero_point: 3,
                positive,
                negative,
            })
            .unwrap();
            assert_eq!(values(&y), [0, 0, -30, 0]);
        }
    }
}
