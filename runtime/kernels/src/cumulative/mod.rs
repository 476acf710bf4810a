//! Running sum or product along an axis (ONNX `CumSum`, opset 14; `CumProd`, opset 26).
//!
//! Element `i` of a line is the combination of its elements up to `i`, or of those before `i` where it is
//! exclusive; in reverse, of those from `i`, or behind it. Floats add and multiply in that order; integers
//! wrap. The output may be the input's memory.

use core::cell::Cell;

use crate::{Axis, Number, Result, load, require, store};

/// Operands of a running combination.
#[derive(Clone, Copy)]
pub struct Cumulative<'a, T> {
    /// The axis to run along.
    pub axis: Axis,
    /// Whether to multiply, not to add.
    pub product: bool,
    /// Whether an element is left out of its own result.
    pub exclusive: bool,
    /// Whether to run from the end.
    pub reverse: bool,
    /// The elements.
    pub input: &'a [Cell<T>],
    /// The combinations.
    pub output: &'a [Cell<T>],
}

/// Combines the elements of each line.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths do not fit.
pub fn run<T: Number>(op: &Cumulative<'_, T>) -> Result {
    let elements = op.axis.elements();
    require(elements == Some(op.input.len()) && elements == Some(op.output.len()))?;
    if op.output.is_empty() {
        return Ok(());
    }
    op.axis.for_each_line(|outer, inner| {
        let mut total = if op.product { T::ONE } else { T::default() };
        for step in 0..op.axis.length {
            let index = if op.reverse {
                op.axis.length - 1 - step
            } else {
                step
            };
            let element = op.axis.element(outer, index, inner);
            let value = load(op.input, element);
            let next = if op.product {
                total.mul(value)
            } else {
                total.add(value)
            };
            store(op.output, element, if op.exclusive { total } else { next });
            total = next;
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    fn run_on(input: &[i32], product: bool, exclusive: bool, reverse: bool) -> std::vec::Vec<i32> {
        let cells = cells(input);
        run(&Cumulative {
            axis: Axis::of(&[2, 2], 0).unwrap(),
            product,
            exclusive,
            reverse,
            input: &cells,
            output: &cells,
        })
        .unwrap();
        values(&cells)
    }

    #[test]
    fn in_every_direction() {
        let input = [2, 3, 5, 7];
        assert_eq!(run_on(&input, false, false, false), [2, 3, 7, 10]);
        assert_eq!(run_on(&input, false, true, false), [0, 0, 2, 3]);
        assert_eq!(run_on(&input, false, false, true), [7, 10, 5, 7]);
        assert_eq!(run_on(&input, true, true, true), [5, 7, 1, 1]);
        assert_eq!(run_on(&input, true, false, false), [2, 3, 10, 21]);
    }

    #[test]
    fn refuses_other_lengths() {
        let (three, four) = (cells(&[0i64; 3]), cells(&[0i64; 4]));
        let op = Cumulative {
            axis: Axis::of(&[4], 0).unwrap(),
            product: false,
            exclusive: false,
            reverse: false,
            input: &four[..],
            output: &three,
        };
        assert!(run(&op).is_err());
    }
}
