//! New rows in a cache, at a place of its own for each entry of the batch (ONNX `TensorScatter`, opset 24).
//!
//! Cache `[batch, .., length, ..]`, update `[batch, .., rows, ..]` with `rows` at most `length`. `output` is the
//! cache with row `start[batch] + i` replaced by row `i` of the update, modulo the length where it is circular.
//! A start outside the cache, or rows that leave a cache that is not circular, are errors, found before the
//! first element is written. Elements are moved as 1, 2, 4 or 8 bytes. The output may overlap the cache as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other input.

use core::cell::Cell;

use crate::{Axis, ContractError, Indices, Result, Source, product, require, store};

/// Operands of an update of a cache.
#[derive(Clone, Copy)]
pub struct TensorScatter<'a, T> {
    /// Extent of the first axis.
    pub batch: usize,
    /// The axis of the rows, in cache and output; not the first.
    pub axis: Axis,
    /// Whether rows behind the last one go to the start.
    pub circular: bool,
    /// The rows before.
    pub cache: Source<'a, T>,
    /// The new rows.
    pub update: Source<'a, T>,
    /// First row to replace, one an entry of the batch; 0 where there are none.
    pub starts: Option<Indices<'a>>,
    /// The rows after.
    pub output: &'a [Cell<T>],
}

/// Replaces rows.
///
/// # Errors
/// [`ContractError`] where lengths and extents do not fit, or rows lie outside the cache.
pub fn copy<T: Copy + Default>(op: &TensorScatter<'_, T>) -> Result {
    let Axis {
        outer,
        length,
        inner,
    } = op.axis;
    require(op.axis.elements() == Some(op.cache.len()) && op.output.len() == op.cache.len())?;
    let heads = outer.checked_div(op.batch).unwrap_or(0);
    require(heads.checked_mul(op.batch) == Some(outer))?;
    require(op.starts.is_none_or(|starts| starts.len() == op.batch))?;
    if op.output.is_empty() {
        return require(op.update.is_empty());
    }
    let rows = product(&[outer, inner]).and_then(|row| op.update.len().checked_div(row));
    let rows = rows.ok_or(ContractError)?;
    require(rows <= length && product(&[outer, rows, inner]) == Some(op.update.len()))?;
    let start = |batch: usize| match op.starts {
        Some(starts) => usize::try_from(starts.get(batch)).unwrap_or(usize::MAX),
        None => 0,
    };
    let last = if op.circular {
        length - 1
    } else {
        length - rows
    };
    require((0..op.batch).all(|batch| start(batch) <= last))?;
    op.cache.copy_to(op.output);
    let mut from = 0;
    for line in 0..outer {
        // `max` says to the compiler what the contract has checked.
        let start = start(line / heads.max(1)).min(last);
        for row in 0..rows {
            let row = (start + row) % length.max(1);
            let to = op.axis.element(line, row, 0);
            for i in 0..inner {
                store(op.output, to + i, op.update.get(from + i));
            }
            from += inner;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn each_entry_of_the_batch_has_its_own_start() {
        let cache = cells(&[0u8; 12]);
        let op = TensorScatter {
            batch: 2,
            axis: Axis::of(&[2, 1, 3, 2], 2).unwrap(),
            circular: true,
            cache: Source::Cells(&cache),
            update: Source::Constant(&[1, 2, 3, 4, 5, 6, 7, 8]),
            starts: Some(Indices::I64(Source::Constant(&[2, 0]))),
            output: &cache,
        };
        copy(&op).unwrap();
        assert_eq!(values(&cache), [3, 4, 0, 0, 1, 2, 5, 6, 7, 8, 0, 0]);
        let linear = TensorScatter {
            circular: false,
            ..op
        };
        assert!(copy(&linear).is_err(), "two rows do not fit behind row 2");
        let from_zero = TensorScatter {
            starts: None,
            ..linear
        };
        copy(&from_zero).unwrap();
        assert_eq!(values(&cache)[..6], [1, 2, 3, 4, 1, 2]);
        let outside = TensorScatter {
            starts: Some(Indices::I64(Source::Constant(&[-1, 0]))),
            ..op
        };
        assert!(copy(&outside).is_err());
    }
}
