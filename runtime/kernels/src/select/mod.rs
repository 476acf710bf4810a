//! Elements of one tensor where a condition holds, else of another, with broadcasting (ONNX `Where`,
//! opsets 9 and 16). Elements are moved by their size, whatever their type.
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.

use core::cell::Cell;

use crate::broadcast::Runs;
use crate::{Result, Source, product, require};

/// Operands of a selection.
#[derive(Clone, Copy)]
pub struct Select<'a, T> {
    /// Booleans: any byte but 0 is true.
    pub condition: Source<'a, u8>,
    /// Taken where the condition holds.
    pub a: Source<'a, T>,
    /// Taken elsewhere.
    pub b: Source<'a, T>,
    /// Extents of the condition, `a` and `b`.
    pub shapes: [&'a [usize]; 3],
    /// Result.
    pub output: &'a [Cell<T>],
    /// Its extents.
    pub shape: &'a [usize],
}

/// Writes the chosen elements.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast.
pub fn copy<T: Copy + Default>(op: &Select<'_, T>) -> Result {
    let lengths = [op.condition.len(), op.a.len(), op.b.len()];
    for (shape, length) in op.shapes.into_iter().zip(lengths) {
        require(product(shape) == Some(length))?;
    }
    require(product(op.shape) == Some(op.output.len()))?;
    let mut runs = Runs::new(op.shape, op.shapes)?;
    let [condition_step, a_step, b_step] = runs.steps;
    for output in op.output.chunks_exact(runs.length.max(1)) {
        let [condition, a, b] = runs.next();
        for (i, y) in output.iter().enumerate() {
            let chosen = if op.condition.get(condition + i * condition_step) != 0 {
                op.a.get(a + i * a_step)
            } else {
                op.b.get(b + i * b_step)
            };
            y.set(chosen);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn every_operand_broadcasts() {
        let y = cells(&[0i64; 6]);
        let mut op = Select {
            condition: Source::Constant(&[1, 0, 7]),
            a: Source::Cells(&cells(&[10, 20])),
            b: Source::Constant(&[-1]),
            shapes: [&[3], &[2, 1], &[]],
            output: &y,
            shape: &[2, 3],
        };
        copy(&op).unwrap();
        assert_eq!(values(&y), [10, -1, 10, 20, -1, 20]);
        op.shapes = [&[3], &[2], &[]];
        assert!(copy(&op).is_err());
    }
}
