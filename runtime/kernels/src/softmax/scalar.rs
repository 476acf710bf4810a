use crate::Cell;
use crate::math::{exp, ln};
use crate::requantize::round_to_i32;

/// The greatest element, passing over NaN, which comes back through the differences to it.
fn max(x: &[Cell<f32>]) -> f32 {
    x.iter().fold(f32::NEG_INFINITY, |max, x| max.max(x.get()))
}

pub(super) fn f32(x: &[Cell<f32>], y: &[Cell<f32>]) {
    let max = max(x);
    let mut sum = 0.0f32;
    for (x, y) in x.iter().zip(y) {
        let e = exp(x.get() - max);
        y.set(e);
        sum += e;
    }
    for y in y {
        y.set(y.get() / sum);
    }
}

pub(super) fn masked_f32(x: &[Cell<f32>], y: &[Cell<f32>]) {
    if x.iter().all(|x| x.get() == f32::NEG_INFINITY) {
        for y in y {
            y.set(0.0);
        }
    } else {
        f32(x, y);
    }
}

pub(super) fn log_f32(x: &[Cell<f32>], y: &[Cell<f32>]) {
    let max = max(x);
    let mut sum = 0.0f32;
    for x in x {
        sum += exp(x.get() - max);
    }
    let logarithm = ln(sum);
    for (x, y) in x.iter().zip(y) {
        y.set(x.get() - max - logarithm);
    }
}

pub(super) fn hard_f32(x: &[Cell<f32>], y: &[Cell<f32>]) {
    let max = max(x);
    let mut found = false;
    for (x, y) in x.iter().zip(y) {
        let first = !found && x.get() == max;
        found |= first;
        y.set(if first { 1.0 } else { 0.0 });
    }
}

pub(super) fn i8(scale: f32, output: f32, zero_point: i32, x: &[Cell<i8>], y: &[Cell<i8>]) {
    let max = x
        .iter()
        .fold(i32::from(i8::MIN), |max, x| max.max(i32::from(x.get())));
    let e = |x: i8| exp((i32::from(x) - max) as f32 * scale);
    let mut sum = 0.0f32;
    for x in x {
        sum += e(x.get());
    }
    for (x, y) in x.iter().zip(y) {
        let steps = round_to_i32(e(x.get()) / sum / output).saturating_add(zero_point);
        y.set(steps.clamp(-128, 127) as i8);
    }
}
