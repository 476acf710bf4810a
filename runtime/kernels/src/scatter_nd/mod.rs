//! A tensor with slices replaced or combined with updates (ONNX `ScatterND`, opset 18).
//!
//! Data `[indexed.., slice..]`; each tuple of indices names a place on the indexed axes. `output` is `data`,
//! then, tuple by tuple, each element of the slice it names is `combine(it, update)`. A tuple with an index outside
//! its axis is dropped. The output may overlap the data as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other input.

use core::cell::Cell;

use crate::indices::Tuples;
use crate::{Indices, Result, Source, load, product, require, store};

/// Operands of a scattering of slices.
#[derive(Clone, Copy)]
pub struct ScatterNd<'a, T> {
    /// Extents of the indexed axes, one or more.
    pub indexed: &'a [usize],
    /// Product of the slice's extents.
    pub slice: usize,
    /// The tensor before the updates.
    pub data: Source<'a, T>,
    /// `[tuples.., n]` of `n` indexed axes.
    pub indices: Indices<'a>,
    /// `[tuples.., slice..]`.
    pub updates: Source<'a, T>,
    /// The tensor after the updates.
    pub output: &'a [Cell<T>],
}

/// Writes `combine(old, update)` where the indices say.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn write<T: Copy + Default>(op: &ScatterNd<'_, T>, combine: impl Fn(T, T) -> T) -> Result {
    let tuples = Tuples {
        indices: op.indices,
        extents: op.indexed,
    };
    let count = tuples.count()?;
    let data = product(op.indexed).and_then(|slices| slices.checked_mul(op.slice));
    require(data == Some(op.data.len()) && op.output.len() == op.data.len())?;
    require(count.checked_mul(op.slice) == Some(op.updates.len()))?;
    op.data.copy_to(op.output);
    for tuple in 0..count {
        let Some(slice) = tuples.slice(tuple) else {
            continue;
        };
        for i in 0..op.slice {
            let element = slice * op.slice + i;
            let update = op.updates.get(tuple * op.slice + i);
            let combined = combine(load(op.output, element), update);
            store(op.output, element, combined);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn slices_and_elements() {
        let output = cells(&[0i32; 6]);
        let op = ScatterNd {
            indexed: &[3],
            slice: 2,
            data: Source::Constant(&[1, 2, 3, 4, 5, 6]),
            indices: Indices::I64(Source::Constant(&[-1, 0, 0])),
            updates: Source::Constant(&[10, 20, 30, 40, 50, 60]),
            output: &output,
        };
        write(&op, |old, update| old + update).unwrap();
        assert_eq!(values(&output), [1 + 30 + 50, 2 + 40 + 60, 3, 4, 15, 26]);
        let elements = ScatterNd {
            indexed: &[3, 2],
            slice: 1,
            indices: Indices::I64(Source::Constant(&[1, 1, 0, 0])),
            updates: Source::Constant(&[8, 9]),
            ..op
        };
        write(&elements, |_, update| update).unwrap();
        assert_eq!(values(&output), [9, 2, 3, 8, 5, 6]);
        let outside = Indices::I64(Source::Constant(&[1, 2, 0, 0]));
        let dropped = ScatterNd {
            indices: outside,
            updates: Source::Constant(&[7, 4]),
            ..elements
        };
        write(&dropped, |_, update| update).unwrap();
        assert_eq!(values(&output), [4, 2, 3, 4, 5, 6]);
    }
}
