//! Helpers of the kernels' tests.

use core::cell::Cell;
use std::vec::Vec;

use crate::Window;
use crate::blocked::{i8_len, pack_i8, pack_pairs, pairs_len, runs};

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

/// Canonical int8 weights of a layer without groups, in blocks and in blocks of pairs.
pub(crate) fn in_blocks(window: &Window, weights: &[i8]) -> [Vec<i8>; 2] {
    let ([_, _, inputs], [_, _, outputs]) = (window.input, window.output);
    let depth = window.taps() * inputs;
    let mut packed = std::vec![0; i8_len(outputs, depth).unwrap()];
    pack_i8(weights, outputs, depth, &mut packed).unwrap();
    let runs = runs(window.kernel, window.dilation, inputs);
    let mut pairs = std::vec![0; pairs_len(outputs, runs).unwrap()];
    pack_pairs(weights, outputs, runs, &mut pairs).unwrap();
    [packed, pairs]
}
