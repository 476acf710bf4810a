use crate::{ContractError, product};

/// One axis of a row-major tensor: `outer` blocks of `length` elements that lie `inner` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Product of the extents before the axis.
    pub outer: usize,
    /// Extent of the axis.
    pub length: usize,
    /// Product of the extents behind the axis.
    pub inner: usize,
}

impl Axis {
    /// Axis number `axis` of a tensor of these extents.
    ///
    /// # Errors
    /// [`ContractError`] where there is no such axis or the number of elements overflows.
    pub fn of(extents: &[usize], axis: usize) -> Result<Axis, ContractError> {
        let length = *extents.get(axis).ok_or(ContractError)?;
        let (before, behind) = (extents.get(..axis), extents.get(axis + 1..));
        let (outer, inner) = before
            .and_then(product)
            .zip(behind.and_then(product))
            .ok_or(ContractError)?;
        let axis = Axis {
            outer,
            length,
            inner,
        };
        axis.elements().ok_or(ContractError)?;
        Ok(axis)
    }

    /// Number of elements, or `None` where it overflows.
    pub(crate) fn elements(&self) -> Option<usize> {
        product(&[self.outer, self.length, self.inner])
    }

    /// Number of lines along the axis, or `None` where it overflows.
    pub(crate) fn lines(&self) -> Option<usize> {
        self.outer.checked_mul(self.inner)
    }

    /// Calls `f(outer, inner)` for every line along the axis, in memory order.
    #[inline(always)]
    pub(crate) fn for_each_line(&self, mut f: impl FnMut(usize, usize)) {
        // Without elements in a block, the blocks are not worth counting.
        let outer = if self.inner == 0 { 0 } else { self.outer };
        for outer in 0..outer {
            for inner in 0..self.inner {
                f(outer, inner);
            }
        }
    }

    /// The element at `index` of a line.
    #[inline(always)]
    pub(crate) fn element(&self, outer: usize, index: usize, inner: usize) -> usize {
        (outer * self.length + index) * self.inner + inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_parts_the_extents() {
        let axis = Axis::of(&[2, 3, 4], 1).unwrap();
        assert_eq!((axis.outer, axis.length, axis.inner), (2, 3, 4));
        assert_eq!(axis.element(1, 2, 3), 23);
        assert!(Axis::of(&[2], 1).is_err() && Axis::of(&[], 0).is_err());
        assert!(Axis::of(&[usize::MAX, 2], 0).is_err());
    }
}
