//! Product with a constant matrix (ONNX `Gemm` and `MatMul`; TensorFlow Lite `FULLY_CONNECTED`).
//!
//! Shapes: input `[rows, i]`, weights `[o, i]`, bias `[o]`, output `[rows, o]`. The output may overlap the
//! input as [`Overlap::rows`](crate::Overlap::rows) says. Needs no scratch memory.

mod scalar;

use core::cell::Cell;

use crate::requantize::{Multipliers, Quant};
use crate::{ContractError, Epilogue, Real, Result, Widen, product, require};

/// Extents of a fully connected layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extents {
    /// Widen of input vectors.
    pub rows: usize,
    /// Length of an input vector.
    pub inputs: usize,
    /// Length of an output vector.
    pub outputs: usize,
}

/// Operands of a float fully connected layer, with activations `X` and weights `W`.
#[derive(Clone, Copy)]
pub struct F32<'a, X = f32, W = f32> {
    /// Extents.
    pub extents: Extents,
    /// `[rows, i]`.
    pub input: &'a [Cell<X>],
    /// `[o, i]`.
    pub weights: &'a [W],
    /// Scales, bias and fused activation.
    pub epilogue: Epilogue<'a>,
    /// `[rows, o]`.
    pub output: &'a [Cell<X>],
}

/// Operands of an int8 fully connected layer.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Extents.
    pub extents: Extents,
    /// `[rows, i]`.
    pub input: &'a [Cell<i8>],
    /// `[o, i]`.
    pub weights: &'a [i8],
    /// `[o]`; none where all are zero.
    pub weight_zero_points: Option<&'a [i8]>,
    /// `[o]`, with scale `sx * sw[o]`.
    pub bias: Option<&'a [i32]>,
    /// `[o]`.
    pub multipliers: Multipliers<'a>,
    /// Zero points and fused activation.
    pub quant: Quant,
    /// `[rows, o]`.
    pub output: &'a [Cell<i8>],
}

/// Fully connected layer in f32, whatever activations and weights are stored as; products are added in the
/// order of the inputs.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn f32<X: Real, W: Widen>(op: &F32<'_, X, W>) -> Result {
    check(
        op.extents,
        op.input.len(),
        op.weights.len(),
        op.output.len(),
    )?;
    op.epilogue.check(op.extents.outputs)?;
    scalar::f32(op);
    Ok(())
}

/// Fully connected layer in int8.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit.
pub fn i8(op: &I8<'_>) -> Result {
    let outputs = op.extents.outputs;
    check(
        op.extents,
        op.input.len(),
        op.weights.len(),
        op.output.len(),
    )?;
    require(op.bias.is_none_or(|b| b.len() == outputs))?;
    require(op.weight_zero_points.is_none_or(|z| z.len() == outputs))?;
    op.multipliers.check(outputs)?;
    op.quant.check()?;
    scalar::i8(op);
    Ok(())
}

fn check(
    extents: Extents,
    input: usize,
    weights: usize,
    output: usize,
) -> core::result::Result<(), ContractError> {
    let Extents {
        rows,
        inputs,
        outputs,
    } = extents;
    require(
        inputs > 0
            && outputs > 0
            && product(&[rows, inputs]) == Some(input)
            && product(&[outputs, inputs]) == Some(weights)
            && product(&[rows, outputs]) == Some(output),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn each_row_meets_each_output() {
        let extents = Extents {
            rows: 2,
            inputs: 3,
            outputs: 2,
        };
        let input = cells(&[1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let output = cells(&[0.0f32; 4]);
        let op = F32 {
            extents,
            input: &input,
            weights: &[1.0, 0.0, -1.0, 0.5, 0.5, 0.5],
            epilogue: Epilogue {
                scales: None,
                bias: Some(&[0.0, 1.0]),
                clamp: [-1.0, 100.0],
            },
            output: &output,
        };
        f32(&op).unwrap();
        assert_eq!(values(&output), [-1.0, 4.0, -1.0, 8.5]);
        assert!(
            f32(&F32 {
                weights: &[1.0; 5],
                ..op
            })
            .is_err()
        );
    }

    #[test]
    fn int8_takes_zero_points_off_both_sides() {
        let extents = Extents {
            rows: 1,
            inputs: 2,
            outputs: 2,
        };
        let output = cells(&[0i8; 2]);
        i8(&I8 {
            extents,
            input: &cells(&[5i8, -128]),
            weights: &[1, 2, -128, 127],
            weight_zero_points: Some(&[1, -1]),
            bias: Some(&[10, -10]),
            multipliers: Multipliers::Onnx(&[1.0, 0.001]),
            quant: Quant {
                input_zero_point: 4,
                output_zero_point: 2,
                min: -128,
                max: 127,
            },
            output: &output,
        })
        .unwrap();
        // (1*0 + -132*1 + 10) + 2 = -120, and (-127 - 132*128 - 10) * 0.001 = -17.033 -> -17 + 2.
        assert_eq!(values(&output), [-120, -15]);
    }
}
