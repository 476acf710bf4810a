use super::{F32, I8, channel_multiplier};
use crate::{Window, clamp_f32, load, store};

/// Calls `f(first input element, first weight)` for every tap that lies inside the input.
#[inline(always)]
fn for_each_tap(window: &Window, oy: usize, ox: usize, mut f: impl FnMut(usize, usize)) {
    let ([kh, kw], [_, _, inputs], [_, _, outputs]) = (window.kernel, window.input, window.output);
    for ky in 0..kh {
        for kx in 0..kw {
            if let Some(pixel) = window.pixel(oy, ox, ky, kx) {
                f(pixel * inputs, (ky * kw + kx) * outputs);
            }
        }
    }
}

/// Calls `f(oy, ox, input channel, output channel, output element)` for every output element.
#[inline(always)]
fn for_each_output(window: &Window, mut f: impl FnMut(usize, usize, usize, usize, usize)) {
    let ([height, width, outputs], [_, _, inputs]) = (window.output, window.input);
    let multiplier = channel_multiplier(window).unwrap_or(0);
    for oy in 0..height {
        for ox in 0..width {
            let start = (oy * width + ox) * outputs;
            for i in 0..inputs {
                for o in i * multiplier..(i + 1) * multiplier {
                    f(oy, ox, i, o, start + o);
                }
            }
        }
    }
}

pub(super) fn f32(op: &F32<'_>) {
    let [min, max] = op.clamp;
    for_each_output(&op.window, |oy, ox, i, o, output| {
        let mut sum = 0.0f32;
        for_each_tap(&op.window, oy, ox, |x, w| {
            sum += load(op.input, x + i) * op.weights.get(w + o).copied().unwrap_or(0.0);
        });
        let bias = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0.0);
        store(op.output, output, clamp_f32(sum + bias, min, max));
    });
}

pub(super) fn i8(op: &I8<'_>) {
    for_each_output(&op.window, |oy, ox, i, o, output| {
        let weight_zero_point = op.weight_zero_points.and_then(|z| z.get(o)).copied();
        let weight_zero_point = i32::from(weight_zero_point.unwrap_or(0));
        let mut sum = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0);
        for_each_tap(&op.window, oy, ox, |x, w| {
            let x = i32::from(load(op.input, x + i)) - op.quant.input_zero_point;
            let w = i32::from(op.weights.get(w + o).copied().unwrap_or(0)) - weight_zero_point;
            sum = sum.wrapping_add(x * w);
        });
        store(
            op.output,
            output,
            op.quant.finish(op.multipliers.scale(sum, o)),
        );
    });
}
