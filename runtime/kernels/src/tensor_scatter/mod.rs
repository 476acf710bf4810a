//! New rows in a cache, at a place of its own for each entry of the batch (ONNX `TensorScatter`, opset 24).
//!
//! Cache `[batch, .., length, ..]`, update `[batch, .., rows, ..]` with `rows` at most `length`. `output` is the
//! cache with row `start[batch] + i` replaced by row `i` of the update, modulo the length where it is circular.
//! Rows that lie outside a cache that is not circular are dropped. Elements are moved as 1, 2, 4 or 8 bytes. The
//! output may overlap the cache as [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other input.

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
/// [`ContractError`] where lengths and extents do not fit.
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
    op.cache.copy_to(op.output);
    let mut from = 0;
    for line in 0..outer {
        let batch = line.checked_div(heads).unwrap_or(0);
        let start = op.starts.map_or(0, |starts| starts.get(batch));
        for row in 0..rows {
            if let Some(row) = place(op, start, row) {
                let to = op.axis.element(line, row, 0);
                for i in 0..inner {
                    store(op.output, to + i, op.update.get(from + i));
                }
            }
            from += inner;
        }
    }
    Ok(())
}

/// The row of the cache that a row of the update replaces.
fn place<T>(op: &TensorScatter<'_, T>, start: i64, row: usize) -> Option<usize> {
    let (length, row) = (op.axis.length as i64, row as i64);
    let place = if op.circular {
        let start = start.checked_rem_euclid(length)?;
        start.checked_add(row)?.checked_rem(length)?
    } else {
        start.checked_add(row)?
    };
    usize::try_from(place)
        .ok()
        .filter(|&place| place < op.axis.length)
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
        cache.iter().for_each(|cell| cell.set(0));
        copy(&linear).unwrap();
        let wanted = [0, 0, 0, 0, 1, 2, 5, 6, 7, 8, 0, 0];
        assert_eq!(values(&cache), wanted, "the second row does not fit");
        let from_zero = TensorScatter {
            starts: None,
            ..linear
        };
        copy(&from_zero).unwrap();
        assert_eq!(values(&cache)[..6], [1, 2, 3, 4, 1, 2]);
        let far = TensorScatter {
            starts: Some(Indices::I64(Source::Constant(&[i64::MIN, i64::MAX]))),
            ..linear
        };
        let before = values(&cache);
        copy(&far).unwrap();
        assert_eq!(values(&cache), before);
    }
}
