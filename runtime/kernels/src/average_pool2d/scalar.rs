use super::{F32, I8};
use crate::channels::fold_taps;
use crate::requantize::{Multiplier, round_to_i32};
use crate::{Real, Window};

/// What the sum over so many taps inside the input is divided by.
fn divisor(window: &Window, count_padding: bool, inside: usize) -> usize {
    if count_padding {
        window.taps()
    } else {
        inside.max(1)
    }
}

pub(super) fn f32<X: Real>(op: &F32<'_, X>) {
    let finish =
        |sum: f32, inside| X::narrow(sum / divisor(&op.window, op.count_padding, inside) as f32);
    let add = |sum: f32, x: X| sum + x.widen();
    fold_taps(&op.window, (op.input, op.output), 0.0, add, finish);
}

pub(super) fn i8(op: &I8<'_>) {
    let add = |sum: i32, x: i8| sum.wrapping_add(i32::from(x));
    let finish = |sum: i32, inside: usize| {
        let count = divisor(&op.window, op.count_padding, inside);
        op.quant.finish(match op.multiplier {
            Multiplier::Onnx(m) => {
                // So few taps that neither sum overflows.
                let sum = sum - inside as i32 * op.quant.input_zero_point;
                round_to_i32(sum as f32 * m / count as f32)
            }
            // The raw values are averaged, so that rounding is half away from raw zero.
            Multiplier::Tflite(..) => {
                let count = count as i32;
                let half = if sum > 0 { count / 2 } else { -(count / 2) };
                let mean = sum.wrapping_add(half).checked_div(count).unwrap_or(0);
                mean - op.quant.output_zero_point
            }
        })
    };
    fold_taps(&op.window, (op.input, op.output), 0, add, finish);
}
