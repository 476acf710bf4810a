use super::{F32, I8, Integer};
use crate::{load, store};

pub(super) fn f32(op: &F32<'_>) {
    op.geometry.for_each_output(|at, channel, y| {
        let mut sum = 0.0f32;
        op.geometry.for_each_product(at, channel, |x, w| {
            sum += load(op.input, x) * op.weights.get(w).copied().unwrap_or(0.0);
        });
        store(op.output, y, op.epilogue.finish(sum, channel));
    });
}

pub(super) fn i8(op: &I8<'_>) {
    op.geometry.for_each_output(|at, channel, y| {
        let weight_zero_point = i32::from(of_channel(op.weight_zero_points, channel));
        let mut sum = of_channel(op.bias, channel);
        op.geometry.for_each_product(at, channel, |x, w| {
            let x = i32::from(load(op.input, x)) - op.quant.input_zero_point;
            let w = i32::from(op.weights.get(w).copied().unwrap_or(0)) - weight_zero_point;
            sum = sum.wrapping_add(x * w);
        });
        let scaled = op.multipliers.scale(sum, channel);
        store(op.output, y, op.quant.finish(scaled));
    });
}

pub(super) fn integer<X: Copy + Default + Into<i32>>(op: &Integer<'_, X>) {
    let zero_point: i32 = op.zero_point.map_or(0, |z| z.get(0).into());
    op.geometry.for_each_output(|at, channel, y| {
        let weight_zero_point = i32::from(of_channel(op.weight_zero_points, channel));
        let mut sum = 0i32;
        op.geometry.for_each_product(at, channel, |x, w| {
            let x: i32 = load(op.input, x).into();
            let w = i32::from(op.weights.get(w).copied().unwrap_or(0)) - weight_zero_point;
            sum = sum.wrapping_add((x - zero_point).wrapping_mul(w));
        });
        store(op.output, y, sum);
    });
}

fn of_channel<T: Copy + Default>(values: Option<&[T]>, channel: usize) -> T {
    let value = values.and_then(|values| values.get(channel));
    value.copied().unwrap_or_default()
}
