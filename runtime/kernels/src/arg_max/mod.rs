//! Place of the greatest or least element along an axis (ONNX `ArgMax`, `ArgMin`, opset 13). NaN is above every
//! number.
//!
//! The output has one index for each line along the axis, whether that is kept or not. Input and output must
//! not overlap.

use core::cell::Cell;
use core::cmp::Ordering;

use crate::{Axis, Number, Result, load, require, store};

/// Operands of a search.
#[derive(Clone, Copy)]
pub struct ArgMax<'a, T> {
    /// The axis to search along, not empty.
    pub axis: Axis,
    /// Whether to find the least element, not the greatest.
    pub least: bool,
    /// Whether the last of equal elements counts, not the first.
    pub last: bool,
    /// The elements.
    pub input: &'a [Cell<T>],
    /// Places on the axis.
    pub output: &'a [Cell<i64>],
}

/// Finds the places.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths do not fit.
pub fn find<T: Number>(op: &ArgMax<'_, T>) -> Result {
    require(op.axis.elements() == Some(op.input.len()) && op.axis.length > 0)?;
    require(op.axis.lines() == Some(op.output.len()))?;
    op.axis.for_each_line(|outer, inner| {
        let value = |index: usize| load(op.input, op.axis.element(outer, index, inner));
        let mut best = 0;
        for index in 1..op.axis.length {
            let wins = match value(index).order(value(best)) {
                Ordering::Greater => !op.least,
                Ordering::Less => op.least,
                Ordering::Equal => op.last,
            };
            if wins {
                best = index;
            }
        }
        store(op.output, outer * op.axis.inner + inner, best as i64);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    fn places<T: Number>(axis: Axis, least: bool, last: bool, input: &[T]) -> std::vec::Vec<i64> {
        let (input, output) = (cells(input), cells(&std::vec![-1; axis.lines().unwrap()]));
        find(&ArgMax {
            axis,
            least,
            last,
            input: &input,
            output: &output,
        })
        .unwrap();
        values(&output)
    }

    #[test]
    fn first_or_last_of_equals() {
        let columns = Axis::of(&[3, 2], 0).unwrap();
        let input = [4i8, -1, 7, -1, 7, 0];
        assert_eq!(places(columns, false, false, &input), [1, 2]);
        assert_eq!(places(columns, false, true, &input), [2, 2]);
        assert_eq!(places(columns, true, true, &input), [0, 1]);
        let rows = Axis::of(&[3, 2], 1).unwrap();
        assert_eq!(places(rows, true, false, &input), [1, 1, 1]);
    }

    #[test]
    fn nan_is_greatest_and_nothing_has_no_greatest() {
        let axis = Axis::of(&[3], 0).unwrap();
        assert_eq!(places(axis, false, false, &[1.0, f32::NAN, 2.0]), [1]);
        assert_eq!(places(axis, true, false, &[f32::NAN, 3.0, 2.0]), [2]);
        let op = ArgMax::<f32> {
            axis: Axis::of(&[0], 0).unwrap(),
            least: false,
            last: false,
            input: &[],
            output: &cells(&[0]),
        };
        assert!(find(&op).is_err());
    }
}
