use core::cell::Cell;

use super::{F32, HEAD, QUAD};
use crate::{load, round_ties_even, store};

/// Writes the input as integers to the scratch memory.
pub(super) fn rows(op: &F32<'_>) {
    // `max(1)` says to the compiler what the contract has checked: a chunk is not empty.
    let rows = op.input.chunks_exact(op.inputs.max(1));
    let groups = rows.flat_map(|row| row.chunks(op.group.max(1)));
    for (x, words) in groups.zip(op.scratch.chunks_exact(op.group_words().max(1))) {
        group(x, words);
    }
}

/// One group: its scale, the sum of its integers, and these, four in a word.
fn group(x: &[Cell<f32>], words: &[Cell<u32>]) {
    // Magnitudes are in the order of their bits, NaN above all.
    let magnitudes = x.iter().map(|x| x.get().to_bits() & 0x7fff_ffff);
    let most = f32::from_bits(magnitudes.max().unwrap_or(0));
    let (scale, to_integers) = scales(most);
    let mut sum = 0_i32;
    let mut quads = x.chunks(QUAD);
    for word in words.get(HEAD..).unwrap_or_default() {
        let mut bytes = [0_u8; QUAD];
        for (byte, x) in bytes.iter_mut().zip(quads.next().unwrap_or_default()) {
            let q = round_ties_even(x.get() * to_integers) as i8;
            sum = sum.wrapping_add(i32::from(q));
            *byte = q as u8;
        }
        word.set(u32::from_le_bytes(bytes));
    }
    store(words, 0, scale.to_bits());
    store(words, 1, sum as u32);
}

/// Scale of the integers of a group with this greatest magnitude, NaN where that is not finite, and the factor that makes
/// them.
pub(super) fn scales(most: f32) -> (f32, f32) {
    let to_integers = if most > 0.0 { 127.0 / most } else { 0.0 };
    let scale = match most.is_finite() {
        true => most / 127.0,
        false => f32::NAN,
    };
    (scale, to_integers)
}

/// Scale and sum of a group of integers.
pub(super) fn head(words: &[Cell<u32>]) -> (f32, i32) {
    (f32::from_bits(load(words, 0)), load(words, 1) as i32)
}

/// The integers of a group.
pub(super) fn integers(words: &[Cell<u32>]) -> impl Iterator<Item = i32> {
    let quads = words.get(HEAD..).unwrap_or_default().iter();
    let bytes = quads.flat_map(|quad| quad.get().to_le_bytes());
    bytes.map(|byte| i32::from(byte as i8))
}
