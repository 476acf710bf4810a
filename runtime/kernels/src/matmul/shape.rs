use crate::{ContractError, Walk, product, require};

/// Extents of a product.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// Of a.
    pub a: &'a [usize],
    /// Of b.
    pub b: &'a [usize],
    /// Of the output.
    pub output: &'a [usize],
    /// Whether the last two axes of a change places.
    pub transpose_a: bool,
    /// Whether the last two axes of b change places.
    pub transpose_b: bool,
}

/// A checked product: how to walk through its operands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// Index of each operand's matrix.
    batches: Walk<3>,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) depth: usize,
    /// Distance of the elements of a along its rows and along the depth.
    a: [usize; 2],
    /// Distance of the elements of b along the depth and along its columns.
    b: [usize; 2],
}

/// One row of a meets one column of b.
#[derive(Clone, Copy)]
pub(super) struct Dot {
    pub(super) row: usize,
    pub(super) column: usize,
    /// First element of a, and the distance to the next.
    pub(super) a: (usize, usize),
    /// First element of b, and the distance to the next.
    pub(super) b: (usize, usize),
    /// Element of the output.
    pub(super) output: usize,
}

impl Shape<'_> {
    pub(super) fn plan(&self, a: usize, b: usize, output: usize) -> Result<Plan, ContractError> {
        require(product(self.a) == Some(a) && product(self.b) == Some(b))?;
        require(product(self.output) == Some(output))?;
        let (a_batches, [rows, depth]) = matrix(self.a, self.transpose_a)?;
        let (b_batches, [b_depth, columns]) = matrix(self.b, self.transpose_b)?;
        let (batches, extents) = matrix(self.output, false)?;
        require(depth == b_depth && extents == [rows, columns])?;
        Ok(Plan {
            batches: Walk::broadcast(batches, [a_batches, b_batches, batches])?,
            rows,
            columns,
            depth,
            a: if self.transpose_a {
                [1, rows]
            } else {
                [depth, 1]
            },
            b: if self.transpose_b {
                [1, depth]
            } else {
                [columns, 1]
            },
        })
    }
}

/// Parts extents into those of the batch and those of the matrix, rows first.
fn matrix(extents: &[usize], transposed: bool) -> Result<(&[usize], [usize; 2]), ContractError> {
    let Some((batches, &[rows, columns])) = extents.split_last_chunk::<2>() else {
        return Err(ContractError);
    };
    let swapped = if transposed {
        [columns, rows]
    } else {
        [rows, columns]
    };
    Ok((batches, swapped))
}

impl Plan {
    /// Calls `f` for every element of the output, in row-major order.
    #[inline(always)]
    pub(super) fn for_each_dot(mut self, mut f: impl FnMut(Dot)) {
        // Without elements in a matrix, the matrices are not worth counting.
        if self.rows == 0 || self.columns == 0 {
            return;
        }
        let ([a_row, a_step], [b_step, b_column]) = (self.a, self.b);
        while let Some([a, b, output]) = self.batches.next() {
            let a = a * self.rows * self.depth;
            let b = b * self.depth * self.columns;
            for row in 0..self.rows {
                for column in 0..self.columns {
                    f(Dot {
                        row,
                        column,
                        a: (a + row * a_row, a_step),
                        b: (b + column * b_column, b_step),
                        output: (output * self.rows + row) * self.columns + column,
                    });
                }
            }
        }
    }
}
