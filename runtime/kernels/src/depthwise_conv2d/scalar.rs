use super::{F32, I8, channel_multiplier};
use crate::{Cell, Real, Widen, Window, load, store};

/// Calls `f(oy, ox, input channel, output channel, output element)` for every output element.
#[inline(always)]
fn for_each_output<T>(
    window: &Window,
    input: &[Cell<T>],
    output: &[Cell<T>],
    mut f: impl FnMut(usize, usize, usize, usize, usize),
) {
    let ([_, _, outputs], [_, _, inputs]) = (window.output, window.input);
    let multiplier = channel_multiplier(window).unwrap_or(0);
    window.for_each_pixel(input, output, |oy, ox, pixel| {
        for i in 0..inputs {
            for o in i * multiplier..(i + 1) * multiplier {
                f(oy, ox, i, o, pixel * outputs + o);
            }
        }
    });
}

pub(super) fn f32<X: Real, W: Widen>(op: &F32<'_, X, W>) {
    let ([_, _, inputs], [_, _, outputs]) = (op.window.input, op.window.output);
    for_each_output(&op.window, op.input, op.output, |oy, ox, i, o, output| {
        let mut sum = 0.0f32;
        op.window.for_each_tap(oy, ox, |pixel, tap| {
            let w = op.weights.get(tap * outputs + o).copied();
            let x = load(op.input, pixel * inputs + i);
            sum += x.widen() * w.unwrap_or_default().widen();
        });
        store(op.output, output, X::narrow(op.epilogue.finish(sum, o)));
    });
}

pub(super) fn i8(op: &I8<'_>) {
    for_each_output(&op.window, op.input, op.output, |oy, ox, i, o, output| {
        i8_element(op, oy, ox, i, o, output);
    });
}

/// Output element `output`, of channel `o`, which reads input channel `i`.
#[inline(always)]
pub(super) fn i8_element(op: &I8<'_>, oy: usize, ox: usize, i: usize, o: usize, output: usize) {
    let ([_, _, inputs], [_, _, outputs]) = (op.window.input, op.window.output);
    let weight_zero_point = op.weight_zero_points.and_then(|z| z.get(o)).copied();
    let weight_zero_point = i32::from(weight_zero_point.unwrap_or(0));
    let mut sum = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0);
    op.window.for_each_tap(oy, ox, |pixel, tap| {
        let x = i32::from(load(op.input, pixel * inputs + i)) - op.quant.input_zero_point;
        let w = op.weights.get(tap * outputs + o).copied().unwrap_or(0);
        sum = sum.wrapping_add(x * (i32::from(w) - weight_zero_point));
    });
    let value = op.quant.finish(op.multipliers.scale(sum, o));
    store(op.output, output, value);
}
