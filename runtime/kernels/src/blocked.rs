//! Weights of products in blocks: what vector instructions load in one go lies side by side.
//!
//! A matrix `[outputs, depth]` is cut into blocks of [`CHANNELS`] outputs, the last filled up with zeros. A block of
//! weights of float layers is `[depth, 16]`, whatever they are stored as. A block of int8 is `[depth / 4, 16, 4]`, the depth filled up with zeros: four
//! neighbours along the depth make one 32-bit lane, as dot-product instructions want them. In pairs, it is
//! `[runs, length / 2, 16, 2]`, the length of a [run](runs) filled up with zeros, for instructions that add two products
//! of 16 bits.

use crate::{ContractError, Result, Widen, require};

/// Outputs in a block.
pub const CHANNELS: usize = 16;
/// Neighbours along the depth in one lane of int8.
pub const LANE: usize = 4;
/// Neighbours along the depth in a pair.
pub const PAIR: usize = 2;

/// How many parts of a window's depth lie side by side in the input, wherever the window is, and their length: rows of
/// the window where its taps are neighbours, taps elsewhere.
pub const fn runs(kernel: [usize; 2], dilation: [usize; 2], channels: usize) -> [usize; 2] {
    let [of_row, length] = runs_of_row(kernel, dilation, channels);
    [kernel[0] * of_row, length]
}

/// The [runs] of a row of the window.
pub(crate) const fn runs_of_row(
    [_, columns]: [usize; 2],
    dilation: [usize; 2],
    channels: usize,
) -> [usize; 2] {
    match dilation {
        [_, 1] => [1, columns * channels],
        _ => [columns, channels],
    }
}

/// Elements of a blocked matrix of floats; `None` where they overflow.
pub fn f32_len(outputs: usize, depth: usize) -> Option<usize> {
    outputs
        .div_ceil(CHANNELS)
        .checked_mul(depth)?
        .checked_mul(CHANNELS)
}

/// Elements of a blocked matrix of int8; `None` where they overflow.
pub fn i8_len(outputs: usize, depth: usize) -> Option<usize> {
    f32_len(outputs, depth.div_ceil(LANE).checked_mul(LANE)?)
}

/// Elements of a blocked matrix of int8 in pairs; `None` where they overflow.
pub fn pairs_len(outputs: usize, [runs, length]: [usize; 2]) -> Option<usize> {
    f32_len(
        outputs,
        runs.checked_mul(length.div_ceil(PAIR).checked_mul(PAIR)?)?,
    )
}

/// Where weight `[output, k]` of floats lies.
#[inline(always)]
pub(crate) fn f32_index(output: usize, k: usize, depth: usize) -> usize {
    (output / CHANNELS * depth + k) * CHANNELS + output % CHANNELS
}

/// Where weight `[output, k]` of int8 lies.
#[inline(always)]
pub(crate) fn i8_index(output: usize, k: usize, depth: usize) -> usize {
    let lane = (output / CHANNELS * depth.div_ceil(LANE) + k / LANE) * CHANNELS + output % CHANNELS;
    lane * LANE + k % LANE
}

/// Where weight `[output, k]` of int8 lies, in pairs.
#[inline(always)]
pub(crate) fn pairs_index(output: usize, k: usize, [runs, length]: [usize; 2]) -> usize {
    // `max(1)` says to the compiler that there is a length where there is a k.
    let (run, at) = (k / length.max(1), k % length.max(1));
    let pair = (output / CHANNELS * runs + run) * length.div_ceil(PAIR) + at / PAIR;
    (pair * CHANNELS + output % CHANNELS) * PAIR + at % PAIR
}

/// Writes the blocks of `weights` that stand for floats, whatever they are stored as, `[outputs, depth]`.
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn pack_f32<W: Widen>(weights: &[W], outputs: usize, depth: usize, packed: &mut [W]) -> Result {
    require(Some(packed.len()) == f32_len(outputs, depth))?;
    pack(weights, outputs, depth, packed, |output, k| {
        f32_index(output, k, depth)
    })
}

/// Writes the blocks of `weights`, `[outputs, depth]`.
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn pack_i8(weights: &[i8], outputs: usize, depth: usize, packed: &mut [i8]) -> Result {
    require(Some(packed.len()) == i8_len(outputs, depth))?;
    pack(weights, outputs, depth, packed, |output, k| {
        i8_index(output, k, depth)
    })
}

/// Writes the blocks of `weights`, `[outputs, runs * length]`, in pairs.
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn pack_pairs(weights: &[i8], outputs: usize, runs: [usize; 2], packed: &mut [i8]) -> Result {
    require(Some(packed.len()) == pairs_len(outputs, runs))?;
    pack(weights, outputs, runs[0] * runs[1], packed, |output, k| {
        pairs_index(output, k, runs)
    })
}

/// The inverse of [`pack_f32`].
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn unpack_f32<W: Widen>(
    packed: &[W],
    outputs: usize,
    depth: usize,
    weights: &mut [W],
) -> Result {
    require(Some(packed.len()) == f32_len(outputs, depth))?;
    unpack(packed, outputs, depth, weights, |output, k| {
        f32_index(output, k, depth)
    })
}

/// The inverse of [`pack_i8`].
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn unpack_i8(packed: &[i8], outputs: usize, depth: usize, weights: &mut [i8]) -> Result {
    require(Some(packed.len()) == i8_len(outputs, depth))?;
    unpack(packed, outputs, depth, weights, |output, k| {
        i8_index(output, k, depth)
    })
}

/// The inverse of [`pack_pairs`].
///
/// # Errors
/// [`ContractError`] where a length does not fit.
pub fn unpack_pairs(packed: &[i8], outputs: usize, runs: [usize; 2], weights: &mut [i8]) -> Result {
    require(Some(packed.len()) == pairs_len(outputs, runs))?;
    unpack(packed, outputs, runs[0] * runs[1], weights, |output, k| {
        pairs_index(output, k, runs)
    })
}

fn pack<T: Copy + Default>(
    weights: &[T],
    outputs: usize,
    depth: usize,
    packed: &mut [T],
    index: impl Fn(usize, usize) -> usize,
) -> core::result::Result<(), ContractError> {
    require(outputs.checked_mul(depth) == Some(weights.len()))?;
    packed.fill(T::default());
    for (output, row) in weights.chunks_exact(depth.max(1)).enumerate() {
        for (k, &weight) in row.iter().enumerate() {
            if let Some(place) = packed.get_mut(index(output, k)) {
                *place = weight;
            }
        }
    }
    Ok(())
}

fn unpack<T: Copy + Default>(
    packed: &[T],
    outputs: usize,
    depth: usize,
    weights: &mut [T],
    index: impl Fn(usize, usize) -> usize,
) -> Result {
    require(outputs.checked_mul(depth) == Some(weights.len()))?;
    for (output, row) in weights.chunks_exact_mut(depth.max(1)).enumerate() {
        for (k, weight) in row.iter_mut().enumerate() {
            *weight = packed.get(index(output, k)).copied().unwrap_or_default();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn every_weight_has_a_place_of_its_own() {
        let (outputs, depth) = (19, 6);
        let weights: Vec<i8> = (1..=114).collect();
        let mut packed = std::vec![9; i8_len(outputs, depth).unwrap()];
        pack_i8(&weights, outputs, depth, &mut packed).unwrap();
        assert_eq!(packed.len(), 2 * 2 * 16 * 4);
        // Output 1, depth 0 to 3; output 17, depth 4 and 5 and what fills up.
        assert_eq!(packed[4..8], [7, 8, 9, 10]);
        assert_eq!(packed[128 + 64 + 4..][..4], [107, 108, 0, 0]);
        let mut back = std::vec![9; 114];
        unpack_i8(&packed, outputs, depth, &mut back).unwrap();
        assert_eq!(back, weights);
        let mut rest: Vec<i8> = packed.into_iter().filter(|&it| it != 0).collect();
        rest.sort_unstable();
        assert_eq!(rest, weights);
        let mut packed = std::vec![9; pairs_len(outputs, [2, 3]).unwrap()];
        pack_pairs(&weights, outputs, [2, 3], &mut packed).unwrap();
        assert_eq!(packed.len(), 2 * 2 * 2 * 16 * 2);
        // Output 1, all of the first run; output 17, the end of the second.
        assert_eq!([&packed[2..4], &packed[34..36]], [[7, 8], [9, 0]]);
        assert_eq!(packed[128 + 64 + 32 + 2..][..2], [108, 0]);
        let mut back = std::vec![9; 114];
        unpack_pairs(&packed, outputs, [2, 3], &mut back).unwrap();
        assert_eq!(back, weights);
        let mut rest: Vec<i8> = packed.into_iter().filter(|&it| it != 0).collect();
        rest.sort_unstable();
        assert_eq!(rest, weights);
        let floats: Vec<f32> = weights.iter().map(|&it| f32::from(it)).collect();
        let mut packed = std::vec![9.0; f32_len(outputs, depth).unwrap()];
        pack_f32(&floats, outputs, depth, &mut packed).unwrap();
        assert_eq!(packed[16 + 3], 20.0);
        let mut back = std::vec![9.0; 114];
        unpack_f32(&packed, outputs, depth, &mut back).unwrap();
        assert_eq!(back, floats);
        assert!(unpack_f32(&packed, outputs, depth, &mut back[1..]).is_err());
        assert!(pack_f32(&floats, outputs, depth, &mut packed[1..]).is_err());
    }
}
