//! Helpers of the kernels' tests.

use core::cell::Cell;
use std::vec::Vec;

/// Distance of two floats in units of the last place.
pub(crate) fn ulps(a: f32, b: f32) -> u32 {
    if a == b {
        return 0;
    }
    let ordered = |x: f32| {
        let bits = x.to_bits() as i32;
        if bits < 0 {
            i32::MIN.wrapping_sub(bits)
        } else {
            bits
        }
    };
    ordered(a).abs_diff(ordered(b))
}

/// Cells with the values of `values`.
pub(crate) fn cells<T: Copy>(values: &[T]) -> Vec<Cell<T>> {
    values.iter().copied().map(Cell::new).collect()
}

/// The values in `cells`.
pub(crate) fn values<T: Copy>(cells: &[Cell<T>]) -> Vec<T> {
    cells.iter().map(Cell::get).collect()
}

/// `count` pseudo-random bytes.
pub(crate) fn numbers(count: usize, seed: u32) -> impl Iterator<Item = i8> {
    let mut state = seed;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as i8
    })
}

/// `count` pseudo-random reals around zero.
pub(crate) fn reals(count: usize, seed: u32) -> Vec<f32> {
    numbers(count, seed).map(|n| f32::from(n) * 0.013).collect()
}
