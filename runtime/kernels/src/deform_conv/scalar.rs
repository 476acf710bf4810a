use super::F32;
use crate::{load, store};

pub(super) fn f32(op: &F32<'_>) {
    let ([_, _, inputs], [height, width, outputs]) = (op.window.input, op.window.output);
    let ([kh, kw], [dy, dx]) = (op.window.kernel, op.window.dilation);
    let ([sy, sx], [py, px]) = (op.window.stride, op.window.pad);
    // `max(1)` says to the compiler what the contract has checked.
    let (groups, offset_groups) = (op.groups.max(1), op.offset_groups.max(1));
    let inputs_of_group = inputs / groups;
    let outputs_of_group = (outputs / groups).max(1);
    let inputs_of_offset = (inputs / offset_groups).max(1);
    let taps = op.window.taps();
    let weight = |index: usize| op.weights.get(index).copied().unwrap_or(0.0);
    for (pixel, channel) in (0..height * width).flat_map(|p| (0..outputs).map(move |o| (p, o))) {
        let (oy, ox) = (pixel / width.max(1), pixel % width.max(1));
        let first_input = channel / outputs_of_group * inputs_of_group;
        let mut sum = 0.0f32;
        for (ky, kx) in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
            let tap = ky * kw + kx;
            let (top, left) = (
                (oy * sy + ky * dy) as f32 - py as f32,
                (ox * sx + kx * dx) as f32 - px as f32,
            );
            for i in 0..inputs_of_group {
                let input = first_input + i;
                let position = (pixel * offset_groups + input / inputs_of_offset) * taps + tap;
                let down = load(op.offsets, 2 * position);
                let right = load(op.offsets, 2 * position + 1);
                let x = sample(op, top + down, left + right, input);
                let mask = op.mask.map_or(1.0, |mask| load(mask, position));
                sum += x * weight((channel * taps + tap) * inputs_of_group + i) * mask;
            }
        }
        store(
            op.output,
            pixel * outputs + channel,
            op.epilogue.finish(sum, channel),
        );
    }
}

/// Channel `channel` of the input between its pixels.
fn sample(op: &F32<'_>, y: f32, x: f32, channel: usize) -> f32 {
    let [height, width, channels] = op.window.input;
    // Beyond one pixel around the input, NaN included, everything is zero.
    let near = |at: f32, extent: usize| at > -1.0 && at < extent as f32;
    if !near(y, height) || !near(x, width) {
        return 0.0;
    }
    let floor = |at: f32| if at < 0.0 { -1 } else { at as isize };
    let (row, column) = (floor(y), floor(x));
    let (down, right) = (y - row as f32, x - column as f32);
    let pixel = |row: isize, column: isize| match (usize::try_from(row), usize::try_from(column)) {
        (Ok(row), Ok(column)) if row < height && column < width => {
            load(op.input, (row * width + column) * channels + channel)
        }
        _ => 0.0,
    };
    let above = pixel(row, column) * (1.0 - right) + pixel(row, column + 1) * right;
    let below = pixel(row + 1, column) * (1.0 - right) + pixel(row + 1, column + 1) * right;
    above * (1.0 - down) + below * down
}
