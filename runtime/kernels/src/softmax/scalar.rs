use crate::requantize::round_to_i32;
use crate::{Cell, exp};

pub(super) fn f32(x: &[Cell<f32>], y: &[Cell<f32>]) {
    let max = x.iter().fold(f32::NEG_INFINITY, |max, x| max.max(x.get()));
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

pub(super) fn i8(scale: f32, x: &[Cell<i8>], y: &[Cell<i8>]) {
    let max = x
        .iter()
        .fold(i32::from(i8::MIN), |max, x| max.max(i32::from(x.get())));
    let e = |x: i8| exp((i32::from(x) - max) as f32 * scale);
    let mut sum = 0.0f32;
    for x in x {
        sum += e(x.get());
    }
    for (x, y) in x.iter().zip(y) {
        let steps = round_to_i32(e(x.get()) / sum * 256.0) - 128;
        y.set(steps.min(127) as i8);
    }
}
