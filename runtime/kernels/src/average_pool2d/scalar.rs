use super::{F32, I8};
use crate::requantize::{Multiplier, round_to_i32};
use crate::{Cell, Real, Window, load, store};

/// Calls `f(oy, ox, channel, output element)` for every output element.
#[inline(always)]
fn for_each_output<T>(
    window: &Window,
    input: &[Cell<T>],
    output: &[Cell<T>],
    mut f: impl FnMut(usize, usize, usize, usize),
) {
    let [_, _, channels] = window.output;
    window.for_each_pixel(input, output, |oy, ox, pixel| {
        for c in 0..channels {
            f(oy, ox, c, pixel * channels + c);
        }
    });
}

/// Calls `f(input element)` for every tap inside the input and gives the divisor.
#[inline(always)]
fn for_each_tap(
    window: &Window,
    count_padding: bool,
    [oy, ox, c]: [usize; 3],
    mut f: impl FnMut(usize),
) -> usize {
    let [_, _, channels] = window.input;
    let mut inside = 0;
    window.for_each_tap(oy, ox, |pixel, _| {
        f(pixel * channels + c);
        inside += 1;
    });
    if count_padding {
        window.taps()
    } else {
        inside.max(1)
    }
}

pub(super) fn f32<X: Real>(op: &F32<'_, X>) {
    for_each_output(&op.window, op.input, op.output, |oy, ox, c, output| {
        let mut sum = 0.0f32;
        let count = for_each_tap(&op.window, op.count_padding, [oy, ox, c], |x| {
            sum += load(op.input, x).widen();
        });
        store(op.output, output, X::narrow(sum / count as f32));
    });
}

pub(super) fn i8(op: &I8<'_>) {
    // `tflite` averages the raw values, so that rounding is half away from raw zero.
    let offset = match op.multiplier {
        Multiplier::Onnx(_) => op.quant.input_zero_point,
        Multiplier::Tflite(..) => 0,
    };
    for_each_output(&op.window, op.input, op.output, |oy, ox, c, output| {
        let mut sum = 0i32;
        let count = for_each_tap(&op.window, op.count_padding, [oy, ox, c], |x| {
            sum = sum.wrapping_add(i32::from(load(op.input, x)) - offset);
        });
        let mean = match op.multiplier {
            Multiplier::Onnx(m) => round_to_i32(sum as f32 * m / count as f32),
            Multiplier::Tflite(..) => {
                let count = count as i32;
                let half = if sum > 0 { count / 2 } else { -(count / 2) };
                let mean = sum.wrapping_add(half).checked_div(count).unwrap_or(0);
                mean - op.quant.output_zero_point
            }
        };
        store(op.output, output, op.quant.finish(mean));
    });
}
