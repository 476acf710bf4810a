use super::{Extents, F32, I8};
use crate::overlap::in_order;
use crate::{Cell, clamp_f32, store};

/// Calls `f(inputs of the row, weights of the output, output channel, output element)`.
#[inline(always)]
fn for_each_output<T>(
    extents: Extents,
    [input, output]: [&[Cell<T>]; 2],
    weights: &[T],
    mut f: impl FnMut(&[Cell<T>], &[T], usize, usize),
) {
    // `max(1)` says to the compiler what the contract has checked: a chunk is not empty.
    let length = extents.inputs.max(1);
    for row in in_order(extents.rows, input, output) {
        let x = input.chunks_exact(length).nth(row).unwrap_or_default();
        for (o, w) in weights.chunks_exact(length).enumerate() {
            f(x, w, o, row * extents.outputs + o);
        }
    }
}

pub(super) fn f32(op: &F32<'_>) {
    let [min, max] = op.clamp;
    let cells = [op.input, op.output];
    for_each_output(op.extents, cells, op.weights, |x, w, o, output| {
        let mut sum = 0.0f32;
        for (x, w) in x.iter().zip(w) {
            sum += x.get() * w;
        }
        let bias = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0.0);
        store(op.output, output, clamp_f32(sum + bias, min, max));
    });
}

pub(super) fn i8(op: &I8<'_>) {
    let input_zero_point = op.quant.input_zero_point;
    let cells = [op.input, op.output];
    for_each_output(op.extents, cells, op.weights, |x, w, o, output| {
        let weight_zero_point = op.weight_zero_points.and_then(|z| z.get(o)).copied();
        let weight_zero_point = i32::from(weight_zero_point.unwrap_or(0));
        let mut sum = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0);
        for (x, w) in x.iter().zip(w) {
            let x = i32::from(x.get()) - input_zero_point;
            sum = sum.wrapping_add(x * (i32::from(*w) - weight_zero_point));
        }
        store(
            op.output,
            output,
            op.quant.finish(op.multipliers.scale(sum, o)),
        );
    });
}
