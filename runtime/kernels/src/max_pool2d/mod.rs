//! Largest value of a window (ONNX `MaxPool`, opset 12; TensorFlow Lite `MAX_POOL_2D`).
//!
//! Shapes: input `[1, h, w, c]`, output `[1, oh, ow, c]`. Padding never wins; a window that lies wholly in
//! the padding gives the least value of the type. In int8 both sides share scale and zero point. The
//! output may overlap the input as [`Overlap::channelwise_window`](crate::Overlap::channelwise_window) says.
//! Needs no scratch memory.

mod scalar;

use core::cell::Cell;

use crate::{Result, Window, require};

/// Max pooling in f32. NaN wins.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn f32(window: &Window, input: &[Cell<f32>], output: &[Cell<f32>]) -> Result {
    check(window, input.len(), output.len())?;
    scalar::pool(window, input, output, f32::NEG_INFINITY, |a, b| {
        if b > a || b.is_nan() { b } else { a }
    });
    Ok(())
}

/// Max pooling in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn i8(window: &Window, input: &[Cell<i8>], output: &[Cell<i8>]) -> Result {
    check(window, input.len(), output.len())?;
    scalar::pool(window, input, output, i8::MIN, i8::max);
    Ok(())
}

fn check(window: &Window, input: usize, output: usize) -> Result {
    let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
    window.check(input, output)?;
    require(inputs == outputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn pads_never_win() {
        let window = Window {
            input: [2, 2, 1],
            output: [2, 2, 1],
            kernel: [2, 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [1, 1],
        };
        let output = cells(&[0i8; 4]);
        i8(&window, &cells(&[-7, -5, -9, -3]), &output).unwrap();
        assert_eq!(values(&output), [-7, -5, -7, -3]);
        let output = cells(&[0.0f32; 4]);
        f32(&window, &cells(&[-7.0, f32::NAN, -9.0, -3.0]), &output).unwrap();
        assert_eq!(values(&output)[0], -7.0);
        assert!(values(&output)[1].is_nan() && values(&output)[3].is_nan());
    }

    #[test]
    fn refuses_other_channel_counts() {
        let window = Window {
            input: [2, 2, 2],
            output: [1, 1, 1],
            kernel: [2, 2],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
        };
        assert!(i8(&window, &cells(&[0; 8]), &cells(&[0; 1])).is_err());
    }
}
