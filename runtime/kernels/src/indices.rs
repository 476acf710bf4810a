use crate::{ContractError, MAX_RANK, Source, Walk, product, require, strides};

/// An operand that says where elements lie. A negative index counts from the end of its axis.
#[derive(Clone, Copy)]
pub enum Indices<'a> {
    /// 32-bit.
    I32(Source<'a, i32>),
    /// 64-bit.
    I64(Source<'a, i64>),
    /// Floats, truncated towards zero (ONNX `OneHot` allows them).
    F32(Source<'a, f32>),
}

impl Indices<'_> {
    /// Number of indices.
    pub fn len(&self) -> usize {
        match self {
            Indices::I32(source) => source.len(),
            Indices::I64(source) => source.len(),
            Indices::F32(source) => source.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index number `position`, or zero outside the operand (see [`load`](crate::load)).
    #[inline(always)]
    pub fn get(&self, position: usize) -> i64 {
        match self {
            Indices::I32(source) => i64::from(source.get(position)),
            Indices::I64(source) => source.get(position),
            Indices::F32(source) => source.get(position) as i64,
        }
    }

    /// Index number `position` on an axis of `extent` elements; `None` where it lies outside.
    #[inline(always)]
    pub(crate) fn resolve(&self, position: usize, extent: usize) -> Option<usize> {
        let index = self.get(position);
        let from_end = if index < 0 { extent as i64 } else { 0 };
        let index = usize::try_from(index.checked_add(from_end)?).ok()?;
        (index < extent).then_some(index)
    }
}

/// Tuples of indices, each of which names one slice of a tensor: a place on its first axes.
#[derive(Clone, Copy)]
pub(crate) struct Tuples<'a> {
    pub(crate) indices: Indices<'a>,
    /// Extents of the axes that a tuple indexes, one or more.
    pub(crate) extents: &'a [usize],
}

impl Tuples<'_> {
    /// Number of tuples.
    ///
    /// # Errors
    /// [`ContractError`] where the last tuple is not whole.
    pub(crate) fn count(&self) -> Result<usize, ContractError> {
        let depth = self.extents.len();
        require(depth > 0 && self.indices.len().is_multiple_of(depth))?;
        // `max` says to the compiler what was checked.
        Ok(self.indices.len() / depth.max(1))
    }

    /// The slice that tuple number `tuple` names, counted in memory order; `None` where an index lies
    /// outside its axis.
    #[inline(always)]
    pub(crate) fn slice(&self, tuple: usize) -> Option<usize> {
        let first = tuple * self.extents.len();
        let axes = self.extents.iter().enumerate();
        axes.into_iter().try_fold(0usize, |slice, (axis, &extent)| {
            let index = self.indices.resolve(first + axis, extent)?;
            slice.checked_mul(extent)?.checked_add(index)
        })
    }
}

/// Elements named by one index each, which replaces their place on one axis (ONNX `GatherElements`,
/// `ScatterElements`).
#[derive(Clone, Copy)]
pub(crate) struct Elements<'a> {
    pub(crate) indices: Indices<'a>,
    /// Extents of the indices.
    pub(crate) shape: &'a [usize],
    /// Extents of the tensor whose elements are named.
    pub(crate) data: &'a [usize],
    /// The axis that the indices are for.
    pub(crate) axis: usize,
}

impl Elements<'_> {
    /// Checks the shapes.
    pub(crate) fn check(&self) -> Result<(), ContractError> {
        let axes = self.shape.iter().zip(self.data).enumerate();
        let mut others = axes.filter(|&(axis, _)| axis != self.axis);
        require(self.shape.len() == self.data.len())?;
        require(others.all(|(_, (of_indices, of_data))| of_indices <= of_data))?;
        require(product(self.shape) == Some(self.indices.len()) && self.axis < self.data.len())
    }

    /// Calls `f(position, element)` for every index in memory order; the element is `None` where the index
    /// lies outside the axis.
    #[inline(always)]
    pub(crate) fn for_each(
        &self,
        mut f: impl FnMut(usize, Option<usize>),
    ) -> Result<(), ContractError> {
        let mut along: [isize; MAX_RANK] = strides(self.data)?;
        let extent = *self.data.get(self.axis).ok_or(ContractError)?;
        let slot = along.get_mut(self.axis).ok_or(ContractError)?;
        let stride = core::mem::take(slot) as usize;
        let mut walk = Walk::new(self.shape, [0], [along])?;
        let mut position = 0;
        while let Some([base]) = walk.next() {
            let index = self.indices.resolve(position, extent);
            f(position, index.map(|index| base + index * stride));
            position += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_indices_count_from_the_end() {
        let indices = Indices::I64(Source::Constant(&[0, -1, 3, -4, i64::MIN, i64::MAX]));
        let resolved: [_; 6] = core::array::from_fn(|i| indices.resolve(i, 3));
        assert_eq!(resolved, [Some(0), Some(2), None, None, None, None]);
    }

    #[test]
    fn tuples_name_slices() {
        let tuples = Tuples {
            indices: Indices::I32(Source::Constant(&[1, -1, 0, 2])),
            extents: &[2, 3],
        };
        assert_eq!(tuples.count(), Ok(2));
        assert_eq!((tuples.slice(0), tuples.slice(1)), (Some(5), Some(2)));
        let outside = Tuples {
            extents: &[2, 2],
            ..tuples
        };
        assert_eq!(outside.slice(1), None);
        let whole = Tuples {
            extents: &[],
            ..tuples
        };
        assert!(whole.count().is_err());
    }
}
