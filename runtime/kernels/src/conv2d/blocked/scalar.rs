use super::{F32, I8};
use crate::blocked::f32_index;
use crate::conv2d::scalar::{finish_f32, finish_i8};
use crate::{Widen, Window, load};

/// Calls `f(input element, depth)` for every product of an output pixel, in the order of the canonical file.
#[inline(always)]
fn for_each_product(window: &Window, oy: usize, ox: usize, mut f: impl FnMut(usize, usize)) {
    let [_, _, inputs] = window.input;
    window.for_each_tap(oy, ox, |pixel, tap| {
        for i in 0..inputs {
            f(pixel * inputs + i, tap * inputs + i);
        }
    });
}

fn depth(window: &Window) -> usize {
    window.taps() * window.input[2]
}

pub(super) fn f32<W: Widen>(op: &F32<'_, f32, W>) {
    let ([_, _, outputs], depth) = (op.window.output, depth(&op.window));
    op.window
        .for_each_pixel(op.input, op.output, |oy, ox, pixel| {
            for o in 0..outputs {
                let mut sum = 0.0f32;
                for_each_product(&op.window, oy, ox, |x, k| {
                    let w = op.weights.get(f32_index(o, k, depth)).copied();
                    sum += load(op.input, x) * w.unwrap_or_default().widen();
                });
                finish_f32::<f32, W, true>(op, pixel * outputs + o, sum, o);
            }
        });
}

/// `index` says where the weight of an output at a depth lies.
pub(super) fn i8(op: &I8<'_>, index: impl Fn(usize, usize) -> usize) {
    let [_, _, outputs] = op.window.output;
    op.window
        .for_each_pixel(op.input, op.output, |oy, ox, pixel| {
            for o in 0..outputs {
                let mut sum = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0);
                for_each_product(&op.window, oy, ox, |x, k| {
                    let w = op.weights.get(index(o, k)).copied().unwrap_or(0);
                    let x = i32::from(load(op.input, x)) - op.quant.input_zero_point;
                    sum = sum.wrapping_add(x * i32::from(w));
                });
                finish_i8::<true>(op, pixel * outputs + o, sum, o);
            }
        });
}
