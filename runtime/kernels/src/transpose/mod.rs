//! Permutation of axes (ONNX `Transpose`): output axis `i` is input axis `permutation[i]`.
//!
//! Elements are moved as 1, 2, 4 or 8 bytes, whatever their type. Input and output must not overlap.

use core::cell::Cell;

use crate::strided_copy::{self, View};
use crate::{ContractError, MAX_RANK, Result, Source, require, strides};

/// Permutes the axes of `input` (extents `shape`).
///
/// # Errors
/// [`ContractError`] where the lengths do not fit the shape, or `permutation` is not one.
pub fn copy<T: Copy + Default>(
    shape: &[usize],
    permutation: &[u32],
    input: Source<'_, T>,
    output: &[Cell<T>],
) -> Result {
    require(permutation.len() == shape.len() && input.len() == output.len())?;
    let along = strides(shape)?;
    let mut view = View {
        extents: &[],
        offset: 0,
        strides: [0; MAX_RANK],
    };
    let mut extents = [0; MAX_RANK];
    let mut seen = 0u32;
    let axes = extents.iter_mut().zip(&mut view.strides);
    for ((extent, stride), &axis) in axes.zip(permutation) {
        let from = axis as usize;
        *extent = *shape.get(from).ok_or(ContractError)?;
        *stride = *along.get(from).ok_or(ContractError)?;
        require(seen & (1 << axis) == 0)?;
        seen |= 1 << axis;
    }
    view.extents = extents.get(..shape.len()).ok_or(ContractError)?;
    strided_copy::copy(&view, input, output)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn nchw_to_nhwc() {
        let input = [0u8, 1, 2, 3, 10, 11, 12, 13];
        let output = cells(&[0u8; 8]);
        let source = Source::Constant(&input[..]);
        copy(&[1, 2, 2, 2], &[0, 2, 3, 1], source, &output).unwrap();
        assert_eq!(values(&output), [0, 10, 1, 11, 2, 12, 3, 13]);
    }

    #[test]
    fn refuses_what_is_no_permutation() {
        let (input, output) = (Source::Constant(&[0u8; 4][..]), cells(&[0u8; 4]));
        for permutation in [&[0u32, 0][..], &[0, 2], &[0], &[0, u32::MAX]] {
            assert!(copy(&[2, 2], permutation, input, &output).is_err());
        }
        assert!(copy(&[2, 3], &[1, 0], input, &output).is_err());
    }
}
