use super::{Resample, Table};
use crate::requantize::round_to_i32;
use crate::taps::blend;
use crate::{load, store};

pub(super) fn f32(op: &Resample<'_, f32>) {
    run(op, |x| x, |sum| sum);
}

pub(super) fn i8(op: &Resample<'_, i8>, zero_point: i32) {
    let real = |x: i8| (i32::from(x) - zero_point) as f32;
    run(op, real, |sum| {
        let y = round_to_i32(sum).saturating_add(zero_point);
        y.clamp(-128, 127) as i8
    });
}

/// What one output position reads along one axis.
#[derive(Clone, Copy)]
struct Taps<'a> {
    first: usize,
    weights: &'a [f32],
}

/// `None` where the position lies outside the input.
fn taps<'a>(table: Option<Table<'a>>, position: usize) -> Option<Taps<'a>> {
    let Some(table) = table else {
        return Some(Taps {
            first: position,
            weights: &[1.0],
        });
    };
    let first = table.first.get(position).copied().unwrap_or(-1);
    let n = table.taps();
    Some(Taps {
        first: usize::try_from(first).ok()?,
        weights: table.weights.get(position * n..)?.get(..n)?,
    })
}

fn run<T: Copy + Default>(
    op: &Resample<'_, T>,
    real: impl Fn(T) -> f32,
    finish: impl Fn(f32) -> T,
) {
    if op.output.is_empty() {
        return;
    }
    let ([input_depth, input_height, input_width], inner) = (op.input_extents, op.inner);
    let [depth, height, width] = op.output_extents;
    let [along_depth, along_height, along_width] = op.tables;
    let mut to = 0;
    for outer in 0..op.outer {
        for z in 0..depth {
            let z = taps(along_depth, z);
            for y in 0..height {
                let y = taps(along_height, y);
                for x in 0..width {
                    let x = taps(along_width, x);
                    let inside = z.zip(y).zip(x);
                    for i in 0..inner {
                        let value = inside.map_or(op.outside, |((z, y), x)| {
                            let weights = [z.weights, y.weights, x.weights];
                            finish(blend(weights, |[dz, dy, dx]| {
                                let plane = outer * input_depth + z.first + dz;
                                let row = plane * input_height + y.first + dy;
                                let pixel = row * input_width + x.first + dx;
                                real(load(op.input, pixel * inner + i))
                            }))
                        });
                        store(op.output, to, value);
                        to += 1;
                    }
                }
            }
        }
    }
}
