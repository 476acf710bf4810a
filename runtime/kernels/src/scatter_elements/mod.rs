//! A tensor with elements replaced or combined with updates (ONNX `ScatterElements`, opset 18; `Scatter`).
//!
//! `output` is `data`, then, update by update in memory order, `output[i with i[axis] replaced by indices[i]]`
//! is `combine(it, updates[i])`. An update with an index outside the axis is dropped. The output may overlap the data as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other input.

use core::cell::Cell;

use crate::indices::Elements;
use crate::{Indices, Result, Source, load, product, require, store};

/// Operands of a scattering of elements.
#[derive(Clone, Copy)]
pub struct ScatterElements<'a, T> {
    /// The axis that the indices are for.
    pub axis: usize,
    /// Extents of data and output.
    pub data_shape: &'a [usize],
    /// Extents of indices and updates: those of the data at most, but for the axis.
    pub shape: &'a [usize],
    /// The tensor before the updates.
    pub data: Source<'a, T>,
    /// Places on the axis.
    pub indices: Indices<'a>,
    /// What is written there.
    pub updates: Source<'a, T>,
    /// The tensor after the updates.
    pub output: &'a [Cell<T>],
}

/// Writes `combine(old, update)` where the indices say.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn write<T: Copy + Default>(
    op: &ScatterElements<'_, T>,
    combine: impl Fn(T, T) -> T,
) -> Result {
    let elements = Elements {
        indices: op.indices,
        shape: op.shape,
        data: op.data_shape,
        axis: op.axis,
    };
    elements.check()?;
    require(product(op.data_shape) == Some(op.data.len()))?;
    require(op.output.len() == op.data.len() && op.updates.len() == op.indices.len())?;
    op.data.copy_to(op.output);
    elements.for_each(|position, element| {
        if let Some(element) = element {
            let combined = combine(load(op.output, element), op.updates.get(position));
            store(op.output, element, combined);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn updates_apply_one_after_the_other() {
        let data = cells(&[1.0f32, 2.0, 3.0, 4.0, 5.0]);
        let op = ScatterElements {
            axis: 1,
            data_shape: &[1, 5],
            shape: &[1, 2],
            data: Source::Cells(&data),
            indices: Indices::I64(Source::Constant(&[1, -4])),
            updates: Source::Constant(&[1.1, 2.1]),
            output: &data,
        };
        write(&op, |old, update| old + update).unwrap();
        assert_eq!(values(&data), [1.0, 2.0 + 1.1 + 2.1, 3.0, 4.0, 5.0]);
        write(&op, |_, update| update).unwrap();
        assert_eq!(values(&data)[1], 2.1);
        let outside = Indices::I64(Source::Constant(&[1, 5]));
        let dropped = ScatterElements {
            indices: outside,
            ..op
        };
        write(&dropped, |_, update| update).unwrap();
        assert_eq!(values(&data), [1.0, 1.1, 3.0, 4.0, 5.0]);
        let refused = ScatterElements { axis: 2, ..op };
        assert!(write(&refused, |_, update| update).is_err());
    }
}
