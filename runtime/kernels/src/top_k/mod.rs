//! The greatest or least elements along an axis with their places (ONNX `TopK`, opset 11), in order; of equal
//! elements the first comes first. NaN is above every number.
//!
//! Each line is read once for every element found, which needs no memory. Input and outputs must not overlap.

use core::cell::Cell;
use core::cmp::Ordering;

use crate::{Axis, ContractError, Number, Result, load, product, require, store};

/// Operands of a selection.
#[derive(Clone, Copy)]
pub struct TopK<'a, T> {
    /// The axis to search along, in the input.
    pub axis: Axis,
    /// Number of elements to find in each line, at most its length.
    pub k: usize,
    /// Whether to find the greatest, not the least.
    pub largest: bool,
    /// The elements.
    pub input: &'a [Cell<T>],
    /// The elements found, with `k` in place of the axis.
    pub values: &'a [Cell<T>],
    /// Their places on the axis.
    pub indices: &'a [Cell<i64>],
}

/// Finds the elements.
///
/// # Errors
/// [`ContractError`] where lengths do not fit.
pub fn find<T: Number>(op: &TopK<'_, T>) -> Result {
    let Axis {
        outer,
        length,
        inner,
    } = op.axis;
    require(op.axis.elements() == Some(op.input.len()) && op.k <= length)?;
    let found = product(&[outer, op.k, inner]).ok_or(ContractError)?;
    require(op.values.len() == found && op.indices.len() == found)?;
    if found == 0 {
        return Ok(());
    }
    op.axis.for_each_line(|outer, inner| {
        let value = |index: usize| load(op.input, op.axis.element(outer, index, inner));
        // Whether element `a` comes before element `b` in the result.
        let precedes = |a: usize, b: usize| match value(a).order(value(b)) {
            Ordering::Greater => op.largest,
            Ordering::Less => !op.largest,
            Ordering::Equal => a < b,
        };
        let mut previous = None;
        for rank in 0..op.k {
            let rest = (0..length).filter(|&i| previous.is_none_or(|p| precedes(p, i)));
            let next = rest.reduce(|best, i| if precedes(i, best) { i } else { best });
            let next = next.unwrap_or(0);
            let to = (outer * op.k + rank) * op.axis.inner + inner;
            store(op.values, to, value(next));
            store(op.indices, to, next as i64);
            previous = Some(next);
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn run<T: Number>(
        axis: Axis,
        k: usize,
        largest: bool,
        input: &[T],
    ) -> Option<(Vec<T>, Vec<i64>)> {
        let found = axis.outer * k * axis.inner;
        let (input, indices) = (cells(input), cells(&std::vec![-1; found]));
        let outputs = cells(&std::vec![T::default(); found]);
        let op = TopK {
            axis,
            k,
            largest,
            input: &input,
            values: &outputs,
            indices: &indices,
        };
        find(&op).ok()?;
        Some((values(&outputs), values(&indices)))
    }

    #[test]
    fn equal_elements_keep_their_order() {
        let axis = Axis::of(&[4], 0).unwrap();
        let (found, places) = run(axis, 3, true, &[1i64, 1, 2, 1]).unwrap();
        assert_eq!((found, places), (std::vec![2, 1, 1], std::vec![2, 0, 1]));
        assert!(run(axis, 5, true, &[1i64, 1, 2, 1]).is_none());
        assert_eq!(run(axis, 0, true, &[1i64, 1, 2, 1]).unwrap().1, []);
    }

    #[test]
    fn nan_is_greatest() {
        let axis = Axis::of(&[3], 0).unwrap();
        let line = [1.0f32, f32::NAN, 3.0];
        assert_eq!(run(axis, 3, true, &line).unwrap().1, [1, 2, 0]);
        assert_eq!(run(axis, 3, false, &line).unwrap().1, [0, 2, 1]);
    }

    proptest! {
        #[test]
        fn as_a_stable_sort(
            (outer, length, inner) in (1usize..3, 1usize..7, 1usize..3),
            k in 0usize..7,
            largest in any::<bool>(),
            seed in prop::collection::vec(-2i32..3, 36),
        ) {
            let axis = Axis { outer, length, inner };
            let k = k.min(length);
            let input: Vec<i32> = seed[..outer * length * inner].to_vec();
            let (found, places) = run(axis, k, largest, &input).unwrap();
            for o in 0..outer {
                for i in 0..inner {
                    let line: Vec<i32> =
                        (0..length).map(|j| input[axis.element(o, j, i)]).collect();
                    let mut order: Vec<usize> = (0..length).collect();
                    order.sort_by_key(|&j| if largest { -line[j] } else { line[j] });
                    for (rank, &wanted) in order.iter().take(k).enumerate() {
                        let at = (o * k + rank) * inner + i;
                        prop_assert_eq!(places[at], wanted as i64);
                        prop_assert_eq!(found[at], line[wanted]);
                    }
                }
            }
        }
    }
}
