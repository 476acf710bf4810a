//! Mean of a window (ONNX `AveragePool` and `GlobalAveragePool`; TensorFlow Lite `AVERAGE_POOL_2D`).
//!
//! Shapes: input `[1, h, w, c]`, output `[1, oh, ow, c]`. The divisor is the number of taps inside the
//! input, or all taps of the padded window where `count_padding` is set. The output may overlap the input as
//! [`Overlap::channelwise_window`](crate::Overlap::channelwise_window) says. Needs no scratch memory.
//!
//! int8, numerics `onnx`: `rne(f32(sum of (x - zx)) * m / f32(count)) + zy` with `m = sx / sy`, each
//! operation rounded to f32. Numerics `tflite`: the sum of the raw values over the count, rounded half away
//! from zero; scale and zero point are the same on both sides.

mod scalar;

use core::cell::Cell;

use bytemuck::Pod;

use crate::parts::{Work, by_rows};
use crate::requantize::{Multiplier, Quant};
use crate::{Crew, Real, Result, Window, require};

/// Operands of a float average pooling, with activations `X`.
#[derive(Clone, Copy)]
pub struct F32<'a, X = f32> {
    /// Extents and window.
    pub window: Window,
    /// Whether padded taps count in the divisor.
    pub count_padding: bool,
    /// `[1, h, w, c]`.
    pub input: &'a [Cell<X>],
    /// `[1, oh, ow, c]`.
    pub output: &'a [Cell<X>],
}

/// Operands of an int8 average pooling.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Extents and window.
    pub window: Window,
    /// Whether padded taps count in the divisor.
    pub count_padding: bool,
    /// `[1, h, w, c]`.
    pub input: &'a [Cell<i8>],
    /// Zero points and bounds.
    pub quant: Quant,
    /// `onnx`: input scale over output scale; of `tflite` only the kind is used.
    pub multiplier: Multiplier,
    /// `[1, oh, ow, c]`.
    pub output: &'a [Cell<i8>],
}

/// Average pooling in f32, whatever activations are stored as: the sum in the order of the taps, divided once.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32<X: Real>(op: &F32<'_, X>) -> Result {
    check(&op.window, op.input.len(), op.output.len())?;
    scalar::f32(op);
    Ok(())
}

/// Average pooling in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit, or where numerics `tflite`
/// are asked to change the zero point.
pub fn i8(op: &I8<'_>) -> Result {
    check(&op.window, op.input.len(), op.output.len())?;
    op.quant.check()?;
    let same_zero_point = op.quant.input_zero_point == op.quant.output_zero_point;
    require(same_zero_point || matches!(op.multiplier, Multiplier::Onnx(_)))?;
    scalar::i8(op);
    Ok(())
}

/// [`f32`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`f32`].
pub fn f32_in_parts<X: Real + Pod>(op: &F32<'_, X>, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else { return f32(op) };
    let operands = (&op.window, op.input, op.output);
    by_rows(
        crew,
        Work::taps(&op.window),
        operands,
        |window, input, output| {
            f32(&F32 {
                window,
                input,
                output,
                ..*op
            })
        },
    )
}

/// [`i8`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`i8`].
pub fn i8_in_parts(op: &I8<'_>, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else { return i8(op) };
    let operands = (&op.window, op.input, op.output);
    by_rows(
        crew,
        Work::taps(&op.window),
        operands,
        |window, input, output| {
            i8(&I8 {
                window,
                input,
                output,
                ..*op
            })
        },
    )
}

fn check(window: &Window, input: usize, output: usize) -> Result {
    let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
    window.check(input, output)?;
    // The sum of so many bytes cannot overflow an i32.
    require(inputs == outputs && window.taps() < 1 << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    fn padded() -> Window {
        Window {
            input: [2, 2, 1],
            output: [2, 2, 1],
            kernel: [2, 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [1, 1],
        }
    }

    #[test]
    fn counts_padding_only_where_asked() {
        let input = cells(&[4.0f32, 8.0, 12.0, 16.0]);
        for (count_padding, expected) in [
            (false, [4.0, 6.0, 8.0, 10.0]),
            (true, [1.0, 3.0, 4.0, 10.0]),
        ] {
            let output = cells(&[0.0f32; 4]);
            f32(&F32 {
                window: padded(),
                count_padding,
                input: &input,
                output: &output,
            })
            .unwrap();
            assert_eq!(values(&output), expected);
        }
    }

    #[test]
    fn int8_rounds_as_its_numerics_say() {
        // Sums -10 over 4 taps is -2.5: half to even gives -2, half away from zero gives -3.
        let window = Window {
            output: [1, 1, 1],
            pad: [0, 0],
            ..padded()
        };
        let input = cells(&[-1i8, -2, -3, -4]);
        let quant = Quant {
            input_zero_point: 0,
            output_zero_point: 0,
            min: -128,
            max: 127,
        };
        for (multiplier, expected) in [(Multiplier::Onnx(1.0), -2), (Multiplier::Tflite(0, 0), -3)]
        {
            let output = cells(&[0i8]);
            let op = I8 {
                window,
                count_padding: false,
                input: &input,
                quant,
                multiplier,
                output: &output,
            };
            i8(&op).unwrap();
            assert_eq!(values(&output), [expected]);
        }
    }
}
