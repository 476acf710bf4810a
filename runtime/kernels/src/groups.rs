use crate::{ContractError, MAX_RANK, Walk, product, require};

/// An index space parted by a set of axes: one group for each index of the other axes, in row-major order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Groups<const N: usize> {
    outer: Walk<N>,
    inner: Walk<N>,
    count: usize,
    size: usize,
}

impl<const N: usize> Groups<N> {
    /// Parts `extents` by `axes`, where bit `i` stands for axis `i`; operand `n` moves by `strides[n]`.
    ///
    /// # Errors
    /// [`ContractError`] where an axis does not exist, the rank is above 8 or a number of elements overflows.
    pub(crate) fn new(
        extents: &[usize],
        axes: u32,
        strides: [[isize; MAX_RANK]; N],
    ) -> Result<Groups<N>, ContractError> {
        let rank = extents.len();
        require(rank <= MAX_RANK && axes >> rank == 0)?;
        let (mut kept, mut grouped) = ([1; MAX_RANK], [1; MAX_RANK]);
        let slots = kept.iter_mut().zip(&mut grouped).zip(extents);
        for (axis, ((kept, grouped), &extent)) in slots.enumerate() {
            *(if axes >> axis & 1 == 0 { kept } else { grouped }) = extent;
        }
        let kept = kept.get(..rank).ok_or(ContractError)?;
        let grouped = grouped.get(..rank).ok_or(ContractError)?;
        Ok(Groups {
            outer: Walk::new(kept, [0; N], strides)?,
            inner: Walk::new(grouped, [0; N], strides)?,
            count: product(kept).ok_or(ContractError)?,
            size: product(grouped).ok_or(ContractError)?,
        })
    }

    /// Number of groups.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Elements in a group; 0 where an axis of the set is empty.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Calls `f(index of the group, walk over its elements)` for each group.
    #[inline(always)]
    pub(crate) fn for_each(mut self, mut f: impl FnMut(usize, Walk<N>)) {
        let mut index = 0;
        while let Some(bases) = self.outer.next() {
            f(index, self.inner.starting_at(bases));
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strides;
    use std::vec::Vec;

    fn members(extents: &[usize], axes: u32) -> Vec<Vec<usize>> {
        let groups = Groups::new(extents, axes, [strides(extents).unwrap()]).unwrap();
        let mut all = Vec::new();
        groups.for_each(|index, mut walk| {
            assert_eq!(index, all.len());
            all.push(core::iter::from_fn(|| walk.next().map(|[at]| at)).collect());
        });
        assert_eq!(all.len(), groups.count());
        all
    }

    #[test]
    fn every_group_has_its_elements() {
        let wanted = [[0, 1, 6, 7], [2, 3, 8, 9], [4, 5, 10, 11]];
        assert_eq!(members(&[2, 3, 2], 0b101), wanted);
        assert_eq!(members(&[2, 2], 0), [[0], [1], [2], [3]]);
        assert_eq!(members(&[], 0), [[0]]);
    }

    #[test]
    fn an_empty_axis_empties_the_groups_or_takes_them_away() {
        assert_eq!(members(&[2, 0], 0b10), [[], []] as [[usize; 0]; 2]);
        assert_eq!(members(&[2, 0], 0b01), [[0usize; 0]; 0]);
    }

    #[test]
    fn refuses_axes_beyond_the_rank() {
        assert!(Groups::new(&[2], 0b10, [[1; MAX_RANK]]).is_err());
    }
}
