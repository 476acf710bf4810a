//! The upper or lower triangle of matrices, zeros elsewhere (ONNX `Trilu`, opset 14).
//!
//! The last two axes are the matrices; element `[row, column]` belongs to the upper triangle where
//! `column >= row + diagonal`, to the lower one where `column <= row + diagonal`. Elements are moved as 1, 2, 4
//! or 8 bytes. The output may overlap the input as [`Overlap::elementwise`](crate::Overlap::elementwise) says.

use core::cell::Cell;

use crate::{Result, Source, product, require};

/// Operands of a triangle.
#[derive(Clone, Copy)]
pub struct Triangle<'a, T> {
    /// Extents of input and output, two or more.
    pub shape: &'a [usize],
    /// Whether to keep the upper triangle.
    pub upper: bool,
    /// Diagonal that belongs to the triangle: positive above the main one.
    pub diagonal: i64,
    /// The matrices.
    pub input: Source<'a, T>,
    /// Their triangles.
    pub output: &'a [Cell<T>],
}

/// Keeps a triangle.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths do not fit or there are no matrices.
pub fn copy<T: Copy + Default>(op: &Triangle<'_, T>) -> Result {
    let &[.., rows, columns] = op.shape else {
        return require(false);
    };
    require(product(op.shape) == Some(op.input.len()) && op.output.len() == op.input.len())?;
    let mut position = 0;
    // `max` says to the compiler that no chunk is empty; without elements there is none.
    let matrices = op.output.chunks(rows.saturating_mul(columns).max(1));
    for row in matrices.flat_map(|matrix| matrix.chunks(columns.max(1)).enumerate()) {
        let (row, cells) = row;
        let diagonal = op.diagonal.saturating_add(row as i64);
        for (column, cell) in cells.iter().enumerate() {
            let beyond = column as i64;
            let keeps = if op.upper {
                beyond >= diagonal
            } else {
                beyond <= diagonal
            };
            let element = op.input.get(position);
            cell.set(if keeps { element } else { T::default() });
            position += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn triangles_of_a_batch() {
        let input = [1u8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let output = cells(&[0u8; 12]);
        let op = Triangle {
            shape: &[2, 2, 3],
            upper: true,
            diagonal: 1,
            input: Source::Constant(&input),
            output: &output,
        };
        copy(&op).unwrap();
        assert_eq!(values(&output), [0, 2, 3, 0, 0, 6, 0, 8, 9, 0, 0, 12]);
        let lower = Triangle {
            upper: false,
            diagonal: -1,
            ..op
        };
        copy(&lower).unwrap();
        assert_eq!(values(&output), [0, 0, 0, 4, 0, 0, 0, 0, 0, 10, 0, 0]);
        let far = Triangle {
            diagonal: i64::MAX,
            ..lower
        };
        copy(&far).unwrap();
        assert_eq!(values(&output), input);
        let line = Triangle { shape: &[12], ..op };
        assert!(copy(&line).is_err());
    }
}
