//! Elements named by one index each (ONNX `GatherElements`).
//!
//! `output[i] = data[i with i[axis] replaced by indices[i]]`. An index outside the axis names a zero. Elements are
//! moved as 1, 2, 4 or 8 bytes, whatever their type. No input may overlap the output.

use core::cell::Cell;

use crate::indices::Elements;
use crate::{Indices, Result, Source, product, require, store};

/// Operands of a gathering of elements.
#[derive(Clone, Copy)]
pub struct GatherElements<'a, T> {
    /// The axis that the indices are for.
    pub axis: usize,
    /// Extents of the data.
    pub data_shape: &'a [usize],
    /// Extents of indices and output: those of the data at most, but for the axis.
    pub shape: &'a [usize],
    /// The elements to take from.
    pub data: Source<'a, T>,
    /// Places on the axis.
    pub indices: Indices<'a>,
    /// The elements taken.
    pub output: &'a [Cell<T>],
}

/// Copies the elements that the indices name.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn copy<T: Copy + Default>(op: &GatherElements<'_, T>) -> Result {
    let elements = Elements {
        indices: op.indices,
        shape: op.shape,
        data: op.data_shape,
        axis: op.axis,
    };
    elements.check()?;
    require(product(op.data_shape) == Some(op.data.len()))?;
    require(op.output.len() == op.indices.len())?;
    elements.for_each(|position, element| {
        let element = element.map_or_else(T::default, |element| op.data.get(element));
        store(op.output, position, element);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn indices_replace_one_axis() {
        let output = cells(&[0i64; 6]);
        let op = GatherElements {
            axis: 0,
            data_shape: &[3, 3],
            shape: &[2, 3],
            data: Source::Constant(&[1, 2, 3, 4, 5, 6, 7, 8, 9]),
            indices: Indices::I64(Source::Constant(&[-1, -2, 0, -2, 0, 0])),
            output: &output,
        };
        copy(&op).unwrap();
        assert_eq!(values(&output), [7, 5, 3, 4, 2, 3]);
        assert!(copy(&GatherElements { axis: 2, ..op }).is_err());
        let outside = Indices::I64(Source::Constant(&[3, 0, 0, 0, 0, 0]));
        let zero = GatherElements {
            indices: outside,
            ..op
        };
        copy(&zero).unwrap();
        assert_eq!(values(&output), [0, 2, 3, 1, 2, 3]);
        let wide = GatherElements {
            axis: 0,
            data_shape: &[3, 2],
            data: Source::Constant(&[0; 6]),
            ..op
        };
        assert!(copy(&wide).is_err());
    }
}
