//! Slices of a tensor in an order that indices say (ONNX `Gather`, `GatherND`; `Compress` of a known choice).
//!
//! Data `[batch.., indexed.., slice..]`; each tuple of indices names a place on the indexed axes. Output
//! `[batch.., tuples.., slice..]`. A tuple with an index outside its axis names zeros. Elements are moved as 1, 2,
//! 4 or 8 bytes, whatever their type. No input may overlap the output.

use core::cell::Cell;

use crate::indices::Tuples;
use crate::{Indices, Result, Source, product, require, store};

/// Operands of a gathering.
#[derive(Clone, Copy)]
pub struct Gather<'a, T> {
    /// Product of the batch extents.
    pub batch: usize,
    /// Whether every entry of the batch takes the same tuples (`Gather`), not its own (`GatherND`).
    pub shared: bool,
    /// Extents of the indexed axes, one or more.
    pub indexed: &'a [usize],
    /// Product of the slice's extents.
    pub slice: usize,
    /// `[batch.., indexed.., slice..]`.
    pub data: Source<'a, T>,
    /// `[tuples.., n]` where they are shared, else `[batch.., tuples.., n]`, of `n` indexed axes.
    pub indices: Indices<'a>,
    /// `[batch.., tuples.., slice..]`.
    pub output: &'a [Cell<T>],
}

/// Copies the slices that the indices name.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn copy<T: Copy + Default>(op: &Gather<'_, T>) -> Result {
    let tuples = Tuples {
        indices: op.indices,
        extents: op.indexed,
    };
    let count = tuples.count()?;
    let slices = product(op.indexed);
    let data = slices.and_then(|slices| product(&[op.batch, slices, op.slice]));
    require(data == Some(op.data.len()))?;
    let repeats = if op.shared { op.batch } else { 1 };
    require(product(&[repeats, count, op.slice]) == Some(op.output.len()))?;
    if op.output.is_empty() {
        return Ok(());
    }
    // Tuples of its own for each entry of a batch: the length of both is a multiple of the batch.
    let each = if op.shared {
        count
    } else {
        count.checked_div(op.batch).unwrap_or(0)
    };
    require(op.shared || each.checked_mul(op.batch) == Some(count))?;
    let mut to = 0;
    for batch in 0..op.batch {
        let first = if op.shared { 0 } else { batch * each };
        for tuple in first..first + each {
            let slice = tuples.slice(tuple);
            let from = slice.map(|slice| (batch * slices.unwrap_or(0) + slice) * op.slice);
            for i in 0..op.slice {
                let element = from.map_or_else(T::default, |from| op.data.get(from + i));
                store(op.output, to + i, element);
            }
            to += op.slice;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use std::vec::Vec;

    fn run(op: Gather<'_, i32>, len: usize) -> Option<Vec<i32>> {
        let output = cells(&std::vec![0; len]);
        copy(&Gather {
            output: &output,
            ..op
        })
        .ok()?;
        Some(values(&output))
    }

    #[test]
    fn one_axis_with_shared_indices() {
        let op = Gather {
            batch: 2,
            shared: true,
            indexed: &[3],
            slice: 1,
            data: Source::Constant(&[0, 1, 2, 10, 11, 12]),
            indices: Indices::I64(Source::Constant(&[2, -3])),
            output: &[],
        };
        assert_eq!(run(op, 4).unwrap(), [2, 0, 12, 10]);
        assert!(run(op, 5).is_none());
        let outside = Indices::I64(Source::Constant(&[3, 0]));
        let zeros = Gather {
            indices: outside,
            ..op
        };
        assert_eq!(run(zeros, 4).unwrap(), [0, 0, 0, 10]);
    }

    #[test]
    fn tuples_of_its_own_for_each_entry_of_the_batch() {
        let op = Gather {
            batch: 2,
            shared: false,
            indexed: &[2],
            slice: 2,
            data: Source::Constant(&[0, 1, 2, 3, 4, 5, 6, 7]),
            indices: Indices::I32(Source::Constant(&[1, 0])),
            output: &[],
        };
        assert_eq!(run(op, 4).unwrap(), [2, 3, 4, 5]);
        let odd = Indices::I32(Source::Constant(&[1, 0, 0]));
        assert!(run(Gather { indices: odd, ..op }, 6).is_none());
    }

    #[test]
    fn tuples_index_several_axes() {
        let op = Gather {
            batch: 1,
            shared: false,
            indexed: &[2, 2],
            slice: 2,
            data: Source::Constant(&[0, 1, 2, 3, 4, 5, 6, 7]),
            indices: Indices::I64(Source::Constant(&[0, 1, 1, 0])),
            output: &[],
        };
        assert_eq!(run(op, 4).unwrap(), [2, 3, 4, 5]);
    }
}
