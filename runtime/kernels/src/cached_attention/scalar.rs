use core::cell::Cell;

use super::F32;
use crate::math::fma;
use crate::{exp, load, store};

/// Sums of weights that are made side by side.
const LANES: usize = 16;

pub(super) fn f32(op: &F32<'_>) {
    append(op);
    skip(op);
    let group = op.query_heads.checked_div(op.heads).unwrap_or(0);
    for token in 0..op.held() {
        for head in 0..op.query_heads {
            let first = (token * op.query_heads + head) * op.size;
            let output = op.output.get(first..first + op.size).unwrap_or_default();
            let query = op.query.get(first..first + op.size).unwrap_or_default();
            let cache = head.checked_div(group).unwrap_or(0) * op.size * op.context;
            attend(op, query, output, cache, op.position + token + 1);
        }
    }
}

/// Writes the outputs of tokens for which there is no room.
pub(super) fn skip(op: &F32<'_>) {
    let held = op.held() * op.query_heads * op.size;
    let left_out = op.output.get(held..).unwrap_or_default();
    left_out.iter().for_each(|y| y.set(0.0));
}

/// Writes the new keys and values into the caches.
pub(super) fn append(op: &F32<'_>) {
    let a_token = op.heads * op.size;
    for token in 0..op.held() {
        let place = op.position + token;
        for (index, channel) in (token * a_token..).zip(0..a_token) {
            store(op.keys, channel * op.context + place, load(op.key, index));
            let (head, element) = (
                channel.checked_div(op.size).unwrap_or(0),
                channel.checked_rem(op.size).unwrap_or(0),
            );
            let at = (head * op.context + place) * op.size + element;
            store(op.values, at, load(op.value, index));
        }
    }
}

/// One head of one token over the first `seen` tokens of its part of the caches, which begins at element `cache`.
fn attend(op: &F32<'_>, query: &[Cell<f32>], output: &[Cell<f32>], cache: usize, seen: usize) {
    let weights = op.scratch.get(..seen).unwrap_or_default();
    weights.iter().for_each(|weight| weight.set(0.0));
    for (element, x) in query.iter().enumerate() {
        let keys = part(op.keys, cache + element * op.context, seen);
        for (score, key) in weights.iter().zip(keys) {
            score.set(fma(x.get(), key.get(), score.get()));
        }
    }
    let mut max = f32::NEG_INFINITY;
    for score in weights {
        score.set(score.get() * op.scale);
        // Not `f32::max`, which leaves NaN out.
        if score.get() > max || score.get().is_nan() {
            max = score.get();
        }
    }
    let mut sums = [0.0_f32; LANES];
    for weights in weights.chunks(LANES) {
        for (sum, weight) in sums.iter_mut().zip(weights) {
            weight.set(exp(weight.get() - max));
            *sum += weight.get();
        }
    }
    let reciprocal = 1.0 / in_halves(sums);
    output.iter().for_each(|y| y.set(0.0));
    for (token, weight) in weights.iter().enumerate() {
        let values = part(op.values, cache + token * op.size, op.size);
        for (y, value) in output.iter().zip(values) {
            y.set(fma(weight.get(), value.get(), y.get()));
        }
    }
    output.iter().for_each(|y| y.set(y.get() * reciprocal));
}

fn part(of: &[Cell<f32>], first: usize, count: usize) -> &[Cell<f32>] {
    of.get(first..first + count).unwrap_or_default()
}

/// The sum of sums, i and i + 8 first.
fn in_halves(sums: [f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = sums;
    let eight = [a + i, b + j, c + k, d + l, e + m, f + n, g + o, h + p];
    let [a, b, c, d, e, f, g, h] = eight;
    let [a, b, c, d] = [a + e, b + f, c + g, d + h];
    (a + c) + (b + d)
}
