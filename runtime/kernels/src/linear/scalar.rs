use core::cell::Cell;

use super::quantize::{head, integers};
use super::{CHANNELS, F32};
use crate::math::fma;
use crate::{load, store};

pub(super) fn f32(op: &F32<'_>) {
    let groups = op.groups();
    let row_words = (groups * op.group_words()).max(1);
    for (row, x) in op.scratch.chunks_exact(row_words).enumerate() {
        for output in 0..op.outputs {
            let (block, lane) = (output / CHANNELS, output % CHANNELS);
            let mut sum = 0.0;
            for (group, x) in x.chunks_exact(op.group_words().max(1)).enumerate() {
                let (scale, _) = head(x);
                let of_weights = op.scales.get((block * groups + group) * CHANNELS + lane);
                let scale = scale * of_weights.map_or(0.0, |scale| scale.to_f32());
                sum = fma(dot(op, x, group, output) as f32, scale, sum);
            }
            finish(op, row, output, sum);
        }
    }
}

/// The products of group number `group` of the input with an output's weights.
fn dot(op: &F32<'_>, x: &[Cell<u32>], group: usize, output: usize) -> i32 {
    let first = group * op.group;
    let products = (first..).zip(integers(x)).map(|(input, q)| {
        let w = op.weights.get(output, input, op.groups(), op.group);
        q.wrapping_mul(w)
    });
    products.fold(0, i32::wrapping_add)
}

/// Writes an output.
fn finish(op: &F32<'_>, row: usize, output: usize, mut sum: f32) {
    if let Some(bias) = op.bias.and_then(|bias| bias.get(output)) {
        sum += bias;
    }
    let at = row * op.outputs + output;
    if op.adds {
        sum += load(op.output, at);
    }
    store(op.output, at, sum);
}
