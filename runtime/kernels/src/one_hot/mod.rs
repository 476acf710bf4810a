//! One value where an index points, another elsewhere (ONNX `OneHot`, opset 11).
//!
//! The output has one axis more than the indices. A negative index counts from the end of that axis; an index
//! outside it sets nothing. Elements are moved as 1, 2, 4 or 8 bytes. No input may overlap the output.

use core::cell::Cell;

use crate::{Axis, Indices, Result, Source, require, store};

/// Operands of a one-hot encoding.
#[derive(Clone, Copy)]
pub struct OneHot<'a, T> {
    /// The new axis, in the output.
    pub axis: Axis,
    /// Where to point, one an output line.
    pub indices: Indices<'a>,
    /// Two values: elsewhere, and where an index points.
    pub values: Source<'a, T>,
    /// The encoding.
    pub output: &'a [Cell<T>],
}

/// Encodes the indices.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths do not fit.
pub fn write<T: Copy + Default>(op: &OneHot<'_, T>) -> Result {
    require(op.axis.elements() == Some(op.output.len()))?;
    require(op.axis.lines() == Some(op.indices.len()) && op.values.len() == 2)?;
    let (off, on) = (op.values.get(0), op.values.get(1));
    for cell in op.output {
        cell.set(off);
    }
    op.axis.for_each_line(|outer, inner| {
        let line = outer * op.axis.inner + inner;
        if let Some(index) = op.indices.resolve(line, op.axis.length) {
            store(op.output, op.axis.element(outer, index, inner), on);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn points_along_the_new_axis() {
        let output = cells(&[9i8; 6]);
        let op = OneHot {
            axis: Axis::of(&[3, 2], 0).unwrap(),
            indices: Indices::F32(Source::Constant(&[1.0, -1.0])),
            values: Source::Constant(&[0, 5]),
            output: &output,
        };
        write(&op).unwrap();
        assert_eq!(values(&output), [0, 0, 5, 0, 0, 5]);
        let outside = Indices::I64(Source::Constant(&[3, -4]));
        write(&OneHot {
            indices: outside,
            ..op
        })
        .unwrap();
        assert_eq!(values(&output), [0; 6]);
        let many = Indices::I64(Source::Constant(&[0, 0, 0]));
        assert!(
            write(&OneHot {
                indices: many,
                ..op
            })
            .is_err()
        );
    }
}
