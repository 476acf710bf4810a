use super::{Average, Lp, Max};
use crate::math::pow;
use crate::{Cell, Maximum, Window3d, load, store};

/// Calls `f(position, channel, element)` for every element of the output.
#[inline(always)]
fn for_each_output(window: &Window3d, mut f: impl FnMut([usize; 3], usize, usize)) {
    let [.., channels] = window.output;
    window.for_each_position(|at, pixel| {
        for channel in 0..channels {
            f(at, channel, pixel * channels + channel);
        }
    });
}

/// Calls `f(value)` for every tap inside the input.
#[inline(always)]
fn for_each_value(
    window: &Window3d,
    input: &[Cell<f32>],
    at: [usize; 3],
    channel: usize,
    mut f: impl FnMut(f32),
) {
    let [.., channels] = window.input;
    window.for_each_tap(at, |pixel, _| f(load(input, pixel * channels + channel)));
}

pub(super) fn max<T: Maximum>(op: &Max<'_, T>) {
    let [.., channels] = op.window.input;
    for_each_output(&op.window, |at, channel, y| {
        let (mut best, mut place) = (T::LEAST, None);
        op.window.for_each_tap(at, |pixel, _| {
            let x = load(op.input, pixel * channels + channel);
            if x.exceeds(best) || place.is_none() {
                (best, place) = (x, Some(pixel));
            }
        });
        store(op.output, y, best);
        if let Some(indices) = op.indices {
            let index = place.map(|pixel| {
                let place = if indices.column_major {
                    column_major(&op.window, pixel)
                } else {
                    pixel
                };
                let [depth, height, width, _] = op.window.input;
                (indices.first + channel * depth * height * width + place) as i64
            });
            store(indices.output, y, index.unwrap_or(-1));
        }
    });
}

/// The number of a pixel where the first axis counts fastest.
fn column_major(window: &Window3d, pixel: usize) -> usize {
    let [depth, height, width, _] = window.input.map(|extent| extent.max(1));
    let (z, y, x) = (
        pixel / width / height,
        pixel / width % height,
        pixel % width,
    );
    z + depth * (y + height * x)
}

pub(super) fn average(op: &Average<'_>) {
    for_each_output(&op.window, |at, channel, y| {
        let (mut sum, mut inside) = (0.0f32, 0usize);
        for_each_value(&op.window, op.input, at, channel, |x| {
            sum += x;
            inside += 1;
        });
        let count = match op.counted_padding {
            Some(pad_end) => count_padded(&op.window, at, pad_end),
            None => inside.max(1) as f32,
        };
        store(op.output, y, sum / count);
    });
}

/// Number of taps in the input and its padding.
fn count_padded(window: &Window3d, at: [usize; 3], pad_end: [usize; 3]) -> f32 {
    let axes = window.axes().into_iter().zip(at.into_iter().zip(pad_end));
    axes.fold(1.0, |count, (axis, (at, pad_end))| {
        count * axis.taps_with_padding(at, pad_end) as f32
    })
}

pub(super) fn lp(op: &Lp<'_>) {
    for_each_output(&op.window, |at, channel, y| {
        let (mut largest, mut sum) = (0.0f32, 0.0f32);
        for_each_value(&op.window, op.input, at, channel, |x| {
            largest = largest.max(x.abs());
            sum += x.abs();
        });
        // Zeros and infinities cannot be scaled to the largest.
        let norm = if op.p == 1 || largest == 0.0 || largest.is_infinite() {
            sum
        } else {
            let mut powers = 0.0f64;
            for_each_value(&op.window, op.input, at, channel, |x| {
                powers += power(f64::from(x.abs()) / f64::from(largest), op.p);
            });
            (f64::from(largest) * pow(powers, 1.0 / f64::from(op.p))) as f32
        };
        store(op.output, y, norm);
    });
}

/// `x` to the power of `n`, by squaring.
fn power(mut x: f64, mut n: u32) -> f64 {
    let mut result = 1.0;
    while n > 0 {
        if n & 1 == 1 {
            result *= x;
        }
        x *= x;
        n >>= 1;
    }
    result
}
