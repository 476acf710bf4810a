use super::{Extents, F32, I8};
use crate::overlap::in_order;
use crate::{Cell, Real, Widen, store};

/// Calls `f(inputs of the row, weights of the output, output channel, output element)`.
#[inline(always)]
fn for_each_output<X, W>(
    extents: Extents,
    [input, output]: [&[Cell<X>]; 2],
    weights: &[W],
    mut f: impl FnMut(&[Cell<X>], &[W], usize, usize),
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

pub(super) fn f32<X: Real, W: Widen>(op: &F32<'_, X, W>) {
    let cells = [op.input, op.output];
    for_each_output(op.extents, cells, op.weights, |x, w, o, output| {
        let mut sum = 0.0f32;
        for (x, w) in x.iter().zip(w) {
            sum += x.get().widen() * w.widen();
        }
        store(op.output, output, X::narrow(op.epilogue.finish(sum, o)));
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
