use super::{F32, I8};
use crate::{Cell, Real, Widen, Window, clamp_f32, load, store};

/// Input and output channels of a group.
fn per_group(window: &Window, groups: usize) -> (usize, usize) {
    let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
    let share = |channels: usize| channels.checked_div(groups).unwrap_or(0);
    (share(inputs), share(outputs))
}

/// Every output channel with the first input channel of its group.
fn filters(groups: usize, outputs: usize, inputs: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..groups)
        .flat_map(move |group| (0..outputs).map(move |o| (group * outputs + o, group * inputs)))
}

/// The channels of one pixel and the weights of one tap, paired.
#[inline(always)]
fn channels<'a, X, W>(
    input: &'a [Cell<X>],
    weights: &'a [W],
    input_start: usize,
    weights_start: usize,
    count: usize,
) -> impl Iterator<Item = (&'a Cell<X>, &'a W)> {
    let x = input
        .get(input_start..input_start + count)
        .unwrap_or_default();
    let w = weights
        .get(weights_start..weights_start + count)
        .unwrap_or_default();
    x.iter().zip(w)
}

/// Makes the output at `index` of the sum of all products of a channel; `SUM` says whether there is a sum with what the
/// output holds, so that layers without one do not ask for each element.
#[inline(always)]
pub(super) fn finish_f32<X: Real, W, const SUM: bool>(
    op: &F32<'_, X, W>,
    index: usize,
    sum: f32,
    channel: usize,
) {
    let mut value = X::narrow(op.epilogue.finish(sum, channel));
    if let (true, Some([min, max])) = (SUM, op.sum) {
        let sum = value.widen() + load(op.output, index).widen();
        value = X::narrow(clamp_f32(sum, min, max));
    }
    store(op.output, index, value);
}

/// As [`finish_f32`].
#[inline(always)]
pub(super) fn finish_i8<const SUM: bool>(op: &I8<'_>, index: usize, sum: i32, channel: usize) {
    let mut value = op.quant.finish(op.multipliers.scale(sum, channel));
    if let (true, Some(sum)) = (SUM, op.sum) {
        value = sum.of(value, load(op.output, index));
    }
    store(op.output, index, value);
}

pub(super) fn f32<X: Real, W: Widen, const SUM: bool>(op: &F32<'_, X, W>) {
    let window = op.window;
    let ([_, _, in_channels], [_, _, out_channels]) = (window.input, window.output);
    let (per_group_in, per_group_out) = per_group(&window, op.groups);
    let filter = window.taps() * per_group_in;
    window.for_each_pixel(op.input, op.output, |oy, ox, pixel| {
        let start = pixel * out_channels;
        for (o, first_channel) in filters(op.groups, per_group_out, per_group_in) {
            let mut sum = 0.0f32;
            window.for_each_tap(oy, ox, |pixel, tap| {
                let x = pixel * in_channels + first_channel;
                let w = o * filter + tap * per_group_in;
                for (x, w) in channels(op.input, op.weights, x, w, per_group_in) {
                    sum += x.get().widen() * w.widen();
                }
            });
            finish_f32::<X, W, SUM>(op, start + o, sum, o);
        }
    });
}

pub(super) fn i8<const SUM: bool>(op: &I8<'_>) {
    let window = op.window;
    let ([_, _, in_channels], [_, _, out_channels]) = (window.input, window.output);
    let (per_group_in, per_group_out) = per_group(&window, op.groups);
    let filter = window.taps() * per_group_in;
    let input_zero_point = op.quant.input_zero_point;
    window.for_each_pixel(op.input, op.output, |oy, ox, pixel| {
        let start = pixel * out_channels;
        for (o, first_channel) in filters(op.groups, per_group_out, per_group_in) {
            let weight_zero_point = op.weight_zero_points.and_then(|z| z.get(o)).copied();
            let weight_zero_point = i32::from(weight_zero_point.unwrap_or(0));
            let mut sum = op.bias.and_then(|b| b.get(o)).copied().unwrap_or(0);
            window.for_each_tap(oy, ox, |pixel, tap| {
                let x = pixel * in_channels + first_channel;
                let w = o * filter + tap * per_group_in;
                for (x, w) in channels(op.input, op.weights, x, w, per_group_in) {
                    let x = i32::from(x.get()) - input_zero_point;
                    sum = sum.wrapping_add(x * (i32::from(*w) - weight_zero_point));
                }
            });
            finish_i8::<SUM>(op, start + o, sum, o);
        }
    });
}
