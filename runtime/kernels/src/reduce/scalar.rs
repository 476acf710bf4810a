use super::{Function, Integer};
use crate::groups::Groups;
use crate::math::{exp, ln, sqrt};
use crate::requantize::{Multiplier, Quant};
use crate::{Cell, Walk, load, store};

/// Combines `f` of the walk's elements by `combine`, in order.
#[inline(always)]
fn fold<T: Copy + Default, A>(
    mut walk: Walk<1>,
    input: &[Cell<T>],
    mut accumulator: A,
    mut combine: impl FnMut(A, T) -> A,
) -> A {
    while let Some([at]) = walk.next() {
        accumulator = combine(accumulator, load(input, at));
    }
    accumulator
}

pub(super) fn f32(
    function: Function,
    groups: Groups<1>,
    input: &[Cell<f32>],
    output: &[Cell<f32>],
) {
    let count = groups.size() as f32;
    groups.for_each(|index, walk| {
        let fold = |start, combine: fn(f32, f32) -> f32| fold(walk, input, start, combine);
        let sum = || fold(0.0, |sum, x| sum + x);
        let sum_square = || fold(0.0, |sum, x| sum + x * x);
        // Of two NaN-aware comparisons, the one that keeps a NaN once it has it.
        let max = || {
            fold(f32::NEG_INFINITY, |max, x| {
                if max.is_nan() || x <= max { max } else { x }
            })
        };
        let value = match function {
            Function::Sum => sum(),
            Function::Mean => sum() / count,
            Function::Max => max(),
            Function::Min => fold(f32::INFINITY, |min, x| {
                if min.is_nan() || x >= min { min } else { x }
            }),
            Function::Product => fold(1.0, |product, x| product * x),
            Function::SumSquare => sum_square(),
            Function::L1 => fold(0.0, |sum, x| sum + x.abs()),
            Function::L2 => sqrt(sum_square()),
            Function::LogSum => ln(sum()),
            Function::LogSumExp => log_sum_exp(walk, input, max()),
        };
        store(output, index, value);
    });
}

/// `max + ln(sum of exp(x - max))`, which does not overflow.
fn log_sum_exp(walk: Walk<1>, input: &[Cell<f32>], max: f32) -> f32 {
    if !max.is_finite() {
        return max;
    }
    max + ln(fold(walk, input, 0.0, |sum, x| sum + exp(x - max)))
}

pub(super) fn integer<T: Integer>(
    function: Function,
    [least, greatest]: [T; 2],
    groups: Groups<1>,
    input: &[Cell<T>],
    output: &[Cell<T>],
) {
    let count = groups.size() as i64;
    groups.for_each(|index, walk| {
        let fold = |start: i64, combine: fn(i64, i64) -> i64| {
            fold(walk, input, start, |sum, x: T| combine(sum, x.widen()))
        };
        let sum = || fold(0, i64::wrapping_add);
        let sum_square = || fold(0, |sum, x| sum.wrapping_add(x.wrapping_mul(x)));
        let value = match function {
            Function::Sum => sum(),
            Function::Mean => sum().checked_div(count).unwrap_or(0),
            Function::Max => fold(least.widen(), i64::max),
            Function::Min => fold(greatest.widen(), i64::min),
            Function::Product => fold(1, i64::wrapping_mul),
            Function::SumSquare => sum_square(),
            Function::L1 => fold(0, |sum, x| sum.wrapping_add(x.wrapping_abs())),
            Function::L2 => (sum_square() as u64).isqrt() as i64,
            // The contract has refused them.
            Function::LogSum | Function::LogSumExp => 0,
        };
        store(output, index, T::wrap(value));
    });
}

pub(super) fn quantised_sum(
    quant: &Quant,
    multiplier: Multiplier,
    groups: Groups<1>,
    input: &[Cell<i8>],
    output: &[Cell<i8>],
) {
    groups.for_each(|index, walk| {
        let sum = fold(walk, input, 0i32, |sum, x| {
            sum.wrapping_add(i32::from(x) - quant.input_zero_point)
        });
        store(output, index, quant.finish(multiplier.scale(sum)));
    });
}
