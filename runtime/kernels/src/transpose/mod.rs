//! Permutation of axes (ONNX `Transpose`): output axis `i` is input axis `permutation[i]`.
//!
//! Elements are moved as 1, 2 or 4 bytes, whatever their type. Input and output must not overlap.

use core::cell::Cell;

use crate::{ContractError, MAX_RANK, Result, load, product, require, store};

/// Permutes the axes of `input` (extents `shape`).
///
/// # Errors
/// [`ContractError`] where the lengths do not fit the shape, or `permutation` is not one.
pub fn copy<T: Copy + Default>(
    shape: &[u32],
    permutation: &[u32],
    input: &[Cell<T>],
    output: &[Cell<T>],
) -> Result {
    let strides = Strides::new(shape, permutation)?;
    require(strides.elements == input.len() && input.len() == output.len())?;
    for position in 0..output.len() {
        store(output, position, load(input, strides.source(position)));
    }
    Ok(())
}

/// Extents of the output's axes, and how far apart their elements lie in the input.
struct Strides {
    axes: [(usize, usize); MAX_RANK],
    rank: usize,
    elements: usize,
}

impl Strides {
    fn new(shape: &[u32], permutation: &[u32]) -> core::result::Result<Strides, ContractError> {
        let rank = shape.len();
        require(rank <= MAX_RANK && permutation.len() == rank)?;
        let extent = |axis: usize| shape.get(axis).map(|&e| e as usize).ok_or(ContractError);
        let mut axes = [(1, 0); MAX_RANK];
        let mut seen = 0u32;
        for (slot, &axis) in axes.iter_mut().zip(permutation) {
            require((axis as usize) < rank && seen & (1 << axis) == 0)?;
            seen |= 1 << axis;
            let mut stride = 1usize;
            for inner in axis as usize + 1..rank {
                stride = product(&[stride, extent(inner)?]).ok_or(ContractError)?;
            }
            *slot = (extent(axis as usize)?, stride);
        }
        let mut elements = 1usize;
        for axis in 0..rank {
            elements = product(&[elements, extent(axis)?]).ok_or(ContractError)?;
        }
        Ok(Strides {
            axes,
            rank,
            elements,
        })
    }

    /// Input element of output element `position`.
    fn source(&self, position: usize) -> usize {
        let (mut rest, mut source) = (position, 0);
        for &(extent, stride) in self.axes.iter().take(self.rank).rev() {
            source += rest.checked_rem(extent).unwrap_or(0) * stride;
            rest = rest.checked_div(extent).unwrap_or(0);
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn nchw_to_nhwc() {
        let input = cells(&[0u8, 1, 2, 3, 10, 11, 12, 13]);
        let output = cells(&[0u8; 8]);
        copy(&[1, 2, 2, 2], &[0, 2, 3, 1], &input, &output).unwrap();
        assert_eq!(values(&output), [0, 10, 1, 11, 2, 12, 3, 13]);
    }

    #[test]
    fn refuses_what_is_no_permutation() {
        let (input, output) = (cells(&[0u8; 4]), cells(&[0u8; 4]));
        for permutation in [&[0u32, 0][..], &[0, 2], &[0]] {
            assert!(copy(&[2, 2], permutation, &input, &output).is_err());
        }
    }
}
