//! Softmax and its relatives over the last axis (ONNX `Softmax`, `LogSoftmax` and `Hardmax`, opset 13;
//! TensorFlow Lite `SOFTMAX`).
//!
//! Shapes: input and output `[rows, length]`. The output may overlap the input as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says. Needs no scratch memory.
//!
//! f32: `exp(x - max) / sum`, summed in order; the logarithm is `x - max - ln(sum)`; hardmax is 1 at the first
//! greatest element of a row, else 0. int8: numerics `onnx` computes in f32 from `(x - max) * sx` and gives
//! `rne(y / sy) + zy`; numerics `tflite` is TensorFlow Lite's fixed-point reference (gemmlowp), where the
//! output's scale is 1/256 and its zero point -128.

mod gemmlowp;
mod scalar;

use core::cell::Cell;

use crate::{Result, require};

/// How int8 inputs come to real values, and these to int8 outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaling {
    /// In f32.
    Onnx {
        /// The input's scale.
        input: f32,
        /// The output's scale, not 0.
        output: f32,
        /// The output's zero point, an int8.
        zero_point: i32,
    },
    /// Q31 multiplier and left shift of the differences to the maximum, and the least difference that
    /// counts.
    Tflite {
        /// Q31.
        multiplier: i32,
        /// Left shift.
        shift: i32,
        /// Smaller differences give -128.
        diff_min: i32,
    },
}

/// Softmax in f32 over rows of `length`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or are no multiple of `length`.
pub fn f32(length: usize, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    for_each_row(length, input, output, scalar::f32)
}

/// Softmax in f32 over rows of `length`, where a row of minus infinity only gives zeros.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or are no multiple of `length`.
pub fn masked_f32(length: usize, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    for_each_row(length, input, output, scalar::masked_f32)
}

/// Logarithm of the softmax in f32 over rows of `length`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or are no multiple of `length`.
pub fn log_f32(length: usize, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    for_each_row(length, input, output, scalar::log_f32)
}

/// Hardmax in f32 over rows of `length`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or are no multiple of `length`.
pub fn hard_f32(length: usize, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    for_each_row(length, input, output, scalar::hard_f32)
}

/// Softmax in int8 over rows of `length`.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the lengths differ or are no multiple of `length`, or where
/// the output's scale is 0 or its zero point no int8.
pub fn i8(length: usize, scaling: Scaling, input: &[Cell<i8>], output: &[Cell<i8>]) -> Result {
    if let Scaling::Onnx {
        output, zero_point, ..
    } = scaling
    {
        require(output != 0.0 && i8::try_from(zero_point).is_ok())?;
    }
    for_each_row(length, input, output, |x, y| match scaling {
        Scaling::Onnx {
            input,
            output,
            zero_point,
        } => scalar::i8(input, output, zero_point, x, y),
        Scaling::Tflite {
            multiplier,
            shift,
            diff_min,
        } => {
            gemmlowp::i8(multiplier, shift, diff_min, x, y);
        }
    })
}

fn for_each_row<T>(
    length: usize,
    input: &[Cell<T>],
    output: &[Cell<T>],
    f: impl Fn(&[Cell<T>], &[Cell<T>]),
) -> Result {
    require(length > 0 && input.len() == output.len() && input.len().is_multiple_of(length))?;
    // `max(1)` says to the compiler what was just checked: a chunk is not empty.
    let rows = input.chunks_exact(length.max(1));
    for (x, y) in rows.zip(output.chunks_exact(length.max(1))) {
        f(x, y);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn exact(x: &[f64]) -> Vec<f64> {
        let max = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = x.iter().map(|x| (x - max).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.iter().map(|e| e / sum).collect()
    }

    proptest! {
        #[test]
        fn f32_is_close_to_the_exact_one(x in prop::collection::vec(-30.0f32..30.0, 1..40)) {
            let y = cells(&x);
            f32(x.len(), &y, &y).unwrap();
            let reference = exact(&x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
            for (y, r) in values(&y).iter().zip(reference) {
                prop_assert!((f64::from(*y) - r).abs() <= 1e-6 * r.max(1e-30) * x.len() as f64);
            }
        }

        #[test]
        fn the_logarithm_is_close_to_the_exact_one(x in prop::collection::vec(-30.0f32..30.0, 1..40)) {
            let y = cells(&x);
            log_f32(x.len(), &y, &y).unwrap();
            let reference = exact(&x.iter().map(|&x| f64::from(x)).collect::<Vec<_>>());
            for (y, r) in values(&y).iter().zip(reference) {
                prop_assert!((f64::from(*y) - r.ln()).abs() <= 1e-5, "{y} for {}", r.ln());
            }
        }

        #[test]
        fn both_int8_roundings_are_within_a_step(x in prop::collection::vec(any::<i8>(), 1..40)) {
            let scale = 0.1f32;
            let reference = exact(&x.iter().map(|&x| f64::from(x) * f64::from(scale)).collect::<Vec<_>>());
            // beta * scale * 2^26 = Q31 multiplier * 2^shift, as TensorFlow Lite prepares it.
            let real = f64::from(scale) * f64::from(1 << 26);
            let shift = real.log2().floor() as i32 + 1;
            let multiplier = (real / f64::from(shift).exp2() * f64::from(1u32 << 31)).round() as i32;
            let tflite = Scaling::Tflite { multiplier, shift, diff_min: -248 };
            let onnx = |output, zero_point| Scaling::Onnx { input: scale, output, zero_point };
            let usual = (1.0f32 / 256.0, -128);
            for (scaling, (output, zero_point)) in [
                (tflite, usual),
                (onnx(usual.0, usual.1), usual),
                (onnx(0.003, 7), (0.003, 7)),
            ] {
                let y = cells(&x);
                i8(x.len(), scaling, &y, &y).unwrap();
                for (y, r) in values(&y).iter().zip(&reference) {
                    let wanted = (r / f64::from(output) + f64::from(zero_point)).min(127.0);
                    prop_assert!((f64::from(*y) - wanted).abs() <= 1.0, "{scaling:?}: {y} for {wanted}");
                }
            }
        }
    }

    #[test]
    fn a_masked_row_gives_zeros_and_nan_goes_through() {
        const OUT: f32 = f32::NEG_INFINITY;
        let x = cells(&[OUT, OUT, OUT, 7.0, OUT, f32::NAN]);
        masked_f32(2, &x, &x).unwrap();
        let y = values(&x);
        assert_eq!(y[..4], [0.0, 0.0, 0.0, 1.0]);
        assert!(y[5].is_nan());
    }

    #[test]
    fn hardmax_marks_the_first_greatest() {
        let x = cells(&[
            1.0f32,
            3.0,
            3.0,
            f32::NEG_INFINITY,
            f32::NEG_INFINITY,
            -1e30,
        ]);
        hard_f32(3, &x, &x).unwrap();
        assert_eq!(values(&x), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    }
}
