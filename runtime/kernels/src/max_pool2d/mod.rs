//! Largest value of a window (ONNX `MaxPool`, opset 12; TensorFlow Lite `MAX_POOL_2D`).
//!
//! Shapes: input `[1, h, w, c]`, output `[1, oh, ow, c]`. Padding never wins; a window that lies wholly in
//! the padding gives the least value of the type. NaN wins. In int8 both sides share scale and zero point. The
//! output may overlap the input as [`Overlap::channelwise_window`](crate::Overlap::channelwise_window) says.
//! Needs no scratch memory.

mod scalar;

use core::cell::Cell;

use bytemuck::Pod;

use crate::parts::{Work, by_rows};
use crate::{Crew, Maximum, Result, Window, require};

/// Max pooling of elements of any type.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn pool<T: Maximum>(window: &Window, input: &[Cell<T>], output: &[Cell<T>]) -> Result {
    let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
    window.check(input.len(), output.len())?;
    require(inputs == outputs)?;
    scalar::pool(window, input, output);
    Ok(())
}

/// [`pool`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`pool`].
pub fn in_parts<T: Maximum + Pod>(
    window: &Window,
    input: &[Cell<T>],
    output: &[Cell<T>],
    crew: Option<Crew<'_>>,
) -> Result {
    let Some(crew) = crew else {
        return pool(window, input, output);
    };
    let operands = (window, input, output);
    by_rows(
        crew,
        Work::taps(window),
        operands,
        |window, input, output| pool(&window, input, output),
    )
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
        pool(&window, &cells(&[-7i8, -5, -9, -3]), &output).unwrap();
        assert_eq!(values(&output), [-7, -5, -7, -3]);
        let output = cells(&[0.0f32; 4]);
        pool(&window, &cells(&[-7.0, f32::NAN, -9.0, -3.0]), &output).unwrap();
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
        assert!(pool(&window, &cells(&[0i8; 8]), &cells(&[0; 1])).is_err());
    }
}
