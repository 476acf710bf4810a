use crate::{ContractError, product, require};

/// Highest rank of an operand.
pub const MAX_RANK: usize = 8;

/// A walk over an index space in row-major order that keeps one element offset for each of `N` operands, so
/// that no step divides. It works on its own few words: no memory depends on the extents.
#[derive(Clone, Copy, Debug)]
pub struct Walk<const N: usize> {
    extents: [usize; MAX_RANK],
    strides: [[isize; MAX_RANK]; N],
    index: [usize; MAX_RANK],
    offsets: [isize; N],
    rank: usize,
    left: usize,
}

impl<const N: usize> Walk<N> {
    /// A walk over `extents`; operand `i` starts at element `bases[i]` and moves by `strides[i][axis]`
    /// elements along each axis (0 repeats an element, a negative stride runs backwards).
    ///
    /// # Errors
    /// [`ContractError`] where the rank is above 8 or the number of elements overflows.
    pub fn new(
        extents: &[usize],
        bases: [isize; N],
        strides: [[isize; MAX_RANK]; N],
    ) -> Result<Walk<N>, ContractError> {
        require(extents.len() <= MAX_RANK)?;
        let left = product(extents).ok_or(ContractError)?;
        let mut walk = Walk {
            extents: [1; MAX_RANK],
            strides,
            index: [0; MAX_RANK],
            offsets: bases,
            rank: extents.len(),
            left,
        };
        for (slot, &extent) in walk.extents.iter_mut().zip(extents) {
            *slot = extent;
        }
        Ok(walk)
    }

    /// A walk over `output` that reads each operand of `shapes` broadcast to it, by ONNX's rule: axes are
    /// aligned at the end, an extent of 1 repeats.
    ///
    /// # Errors
    /// [`ContractError`] where a shape does not broadcast to `output`.
    pub fn broadcast(output: &[usize], shapes: [&[usize]; N]) -> Result<Walk<N>, ContractError> {
        let mut strides = [[0; MAX_RANK]; N];
        for (strides, shape) in strides.iter_mut().zip(shapes) {
            *strides = broadcast_strides(output, shape)?;
        }
        Walk::new(output, [0; N], strides)
    }

    /// This walk, not yet begun, from other bases.
    #[inline(always)]
    pub(crate) fn starting_at(self, bases: [usize; N]) -> Walk<N> {
        Walk {
            offsets: bases.map(|base| base as isize),
            ..self
        }
    }

    /// The current index: that of the element whose offsets [`next`](Self::next) gives.
    #[inline(always)]
    pub fn index(&self) -> &[usize; MAX_RANK] {
        &self.index
    }

    /// The offsets at the current index, which then moves on; `None` at the end. An offset outside an
    /// operand comes out as `usize::MAX` or beyond its end, which `load` and `store` ignore.
    #[inline(always)]
    #[allow(clippy::should_implement_trait)] // Not an iterator: the walk is `Copy`.
    pub fn next(&mut self) -> Option<[usize; N]> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let current = self
            .offsets
            .map(|offset| usize::try_from(offset).unwrap_or(usize::MAX));
        let mut axis = self.rank;
        while axis > 0 {
            axis -= 1;
            let (Some(index), Some(&extent)) = (self.index.get_mut(axis), self.extents.get(axis))
            else {
                break;
            };
            *index += 1;
            let wraps = *index == extent;
            if wraps {
                *index = 0;
            }
            for (offset, strides) in self.offsets.iter_mut().zip(&self.strides) {
                let stride = strides.get(axis).copied().unwrap_or(0);
                let back = if wraps { extent as isize - 1 } else { -1 };
                *offset = offset.wrapping_sub(stride.wrapping_mul(back));
            }
            if !wraps {
                break;
            }
        }
        Some(current)
    }
}

/// Row-major strides in elements of `shape`, and 0 beyond its rank.
///
/// # Errors
/// [`ContractError`] where the rank is above 8 or the number of elements overflows.
pub fn strides(shape: &[usize]) -> Result<[isize; MAX_RANK], ContractError> {
    require(shape.len() <= MAX_RANK)?;
    let mut strides = [0; MAX_RANK];
    let mut stride = 1usize;
    for (slot, &extent) in strides.iter_mut().zip(shape).rev() {
        *slot = isize::try_from(stride).map_err(|_| ContractError)?;
        stride = stride.checked_mul(extent).ok_or(ContractError)?;
    }
    Ok(strides)
}

/// Strides that read `shape` broadcast to `output`.
///
/// # Errors
/// [`ContractError`] where it does not broadcast.
pub fn broadcast_strides(
    output: &[usize],
    shape: &[usize],
) -> Result<[isize; MAX_RANK], ContractError> {
    let missing = output.len().checked_sub(shape.len()).ok_or(ContractError)?;
    let own = strides(shape)?;
    let mut result = [0; MAX_RANK];
    let axes = result.iter_mut().zip(output).skip(missing);
    for ((slot, &wanted), (&extent, &stride)) in axes.zip(shape.iter().zip(&own)) {
        require(extent == wanted || extent == 1)?;
        *slot = if extent == 1 { 0 } else { stride };
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn all<const N: usize>(mut walk: Walk<N>) -> Vec<[usize; N]> {
        core::iter::from_fn(|| walk.next()).collect()
    }

    #[test]
    fn broadcasting_repeats_missing_and_unit_axes() {
        let walk = Walk::broadcast(&[2, 3], [&[3], &[2, 1]]).unwrap();
        let wanted = [[0, 0], [1, 0], [2, 0], [0, 1], [1, 1], [2, 1]];
        assert_eq!(all(walk), wanted);
        assert!(Walk::broadcast(&[2, 3], [&[2][..]]).is_err());
    }

    #[test]
    fn scalars_and_empty_spaces_are_legal() {
        assert_eq!(all(Walk::broadcast(&[], [&[][..]]).unwrap()), [[0]]);
        assert_eq!(all(Walk::broadcast(&[2, 0], [&[1][..]]).unwrap()).len(), 0);
    }

    proptest! {
        #[test]
        fn visits_every_element_in_order(shape in prop::collection::vec(1usize..4, 0..5)) {
            let walk = Walk::broadcast(&shape, [&shape[..]]).unwrap();
            let visited: Vec<usize> = all(walk).into_iter().map(|[offset]| offset).collect();
            let count = shape.iter().product::<usize>();
            prop_assert_eq!(visited, (0..count).collect::<Vec<_>>());
        }

        #[test]
        fn negative_strides_run_backwards(extent in 1usize..9) {
            let mut strides = [0; MAX_RANK];
            strides[0] = -1;
            let walk = Walk::new(&[extent], [extent as isize - 1], [strides]).unwrap();
            let visited: Vec<usize> = all(walk).into_iter().map(|[offset]| offset).collect();
            prop_assert_eq!(visited, (0..extent).rev().collect::<Vec<_>>());
        }
    }
}
