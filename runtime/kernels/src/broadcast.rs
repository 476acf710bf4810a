use core::cell::Cell;

use crate::{ContractError, MAX_RANK, Result, Source, Walk, broadcast_strides, product, require};

/// Two operands that broadcast to an output by ONNX's rule: axes are aligned at the end, an extent of 1
/// repeats.
#[derive(Clone, Copy)]
pub struct Pair<'a, A, B, Y> {
    /// First operand.
    pub a: Source<'a, A>,
    /// Its extents.
    pub a_shape: &'a [usize],
    /// Second operand.
    pub b: Source<'a, B>,
    /// Its extents.
    pub b_shape: &'a [usize],
    /// Result.
    pub output: &'a [Cell<Y>],
    /// Its extents.
    pub shape: &'a [usize],
}

impl<A: Copy + Default, B: Copy + Default, Y> Pair<'_, A, B, Y> {
    /// Writes `f` of every pair, first to last.
    ///
    /// # Errors
    /// [`ContractError`] where an operand does not broadcast to the output or a length does not fit its shape.
    pub(crate) fn map(&self, f: impl Fn(A, B) -> Y) -> Result {
        require(product(self.a_shape) == Some(self.a.len()))?;
        require(product(self.b_shape) == Some(self.b.len()))?;
        require(product(self.shape) == Some(self.output.len()))?;
        let mut runs = Runs::new(self.shape, [self.a_shape, self.b_shape])?;
        for output in self.output.chunks_exact(runs.length.max(1)) {
            let [a, b] = runs.next();
            if let (Some(a), Some(b)) = (runs.cells(0, self.a, a), runs.cells(1, self.b, b)) {
                for ((a, b), y) in a.iter().zip(b).zip(output) {
                    y.set(f(a.get(), b.get()));
                }
                continue;
            }
            let [a_step, b_step] = runs.steps;
            for (i, y) in output.iter().enumerate() {
                y.set(f(self.a.get(a + i * a_step), self.b.get(b + i * b_step)));
            }
        }
        Ok(())
    }
}

/// The longest runs of output elements over which each of `N` operands moves along or stands still: a whole
/// tensor where all have one shape, and the last axis where one is a row.
pub(crate) struct Runs<const N: usize> {
    /// Elements in a run.
    pub(crate) length: usize,
    /// How far each operand moves from one element to the next: 1 or 0.
    pub(crate) steps: [usize; N],
    starts: Walk<N>,
}

impl<const N: usize> Runs<N> {
    /// The runs of `output` for operands of `shapes`, broadcast to it.
    ///
    /// # Errors
    /// [`ContractError`] where a shape does not broadcast to `output`.
    pub(crate) fn new(
        output: &[usize],
        shapes: [&[usize]; N],
    ) -> core::result::Result<Runs<N>, ContractError> {
        let mut strides = [[0; MAX_RANK]; N];
        for (strides, shape) in strides.iter_mut().zip(shapes) {
            *strides = broadcast_strides(output, shape)?;
        }
        let along = |axis: usize| strides.map(|own| own.get(axis).map_or(0, |&s| s.unsigned_abs()));
        let (mut length, mut steps, mut outer) = (1usize, [1; N], output);
        while let Some((&extent, rest)) = outer.split_last() {
            let next = along(rest.len());
            if extent != 1 {
                if length == 1 {
                    steps = next;
                } else if next != steps.map(|step| step * length) {
                    break;
                }
                length *= extent;
            }
            outer = rest;
        }
        Ok(Runs {
            length,
            steps,
            starts: Walk::new(outer, [0; N], strides)?,
        })
    }

    /// Where each operand's next run starts.
    pub(crate) fn next(&mut self) -> [usize; N] {
        self.starts.next().unwrap_or([usize::MAX; N])
    }

    /// The run from `start` of operand `index`, where it is an activation that moves along.
    pub(crate) fn cells<'a, T>(
        &self,
        index: usize,
        operand: Source<'a, T>,
        start: usize,
    ) -> Option<&'a [Cell<T>]> {
        match operand {
            Source::Cells(cells) if self.steps.get(index) == Some(&1) => {
                cells.get(start..start.checked_add(self.length)?)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn runs<const N: usize>(output: &[usize], shapes: [&[usize]; N]) -> (usize, [usize; N]) {
        let runs = Runs::new(output, shapes).unwrap();
        (runs.length, runs.steps)
    }

    #[test]
    fn equal_shapes_are_one_run() {
        assert_eq!(runs(&[2, 3, 4], [&[2, 3, 4], &[2, 3, 4]]), (24, [1, 1]));
        assert_eq!(runs(&[2, 3, 1, 4], [&[2, 3, 1, 4], &[]]), (24, [1, 0]));
        assert_eq!(runs(&[], [&[], &[]]), (1, [1, 1]));
    }

    #[test]
    fn rows_and_columns_end_a_run() {
        assert_eq!(runs(&[2, 3, 4], [&[2, 3, 4], &[4]]), (4, [1, 1]));
        assert_eq!(runs(&[2, 3, 4], [&[2, 3, 4], &[2, 1, 1]]), (12, [1, 0]));
        assert_eq!(runs(&[2, 3], [&[2, 1], &[1, 3]]), (3, [0, 1]));
    }

    #[test]
    fn refuses_shapes_that_do_not_fit() {
        let (a, b, y) = (cells(&[0u8; 6]), cells(&[0u8; 3]), cells(&[7u8; 6]));
        let pair = |b_shape, shape| Pair {
            a: Source::Cells(&a),
            a_shape: &[2, 3],
            b: Source::Cells(&b),
            b_shape,
            output: &y,
            shape,
        };
        let add = |a: u8, b: u8| a + b;
        assert!(pair(&[3], &[2, 3]).map(add).is_ok());
        for (b_shape, shape) in [
            (&[2][..], &[2, 3][..]),
            (&[3], &[6]),
            (&[1, 3], &[2, 2]),
            (&[4], &[2, 3]),
        ] {
            assert!(
                pair(b_shape, shape).map(add).is_err(),
                "{b_shape:?} to {shape:?}"
            );
        }
    }

    proptest! {
        /// Against the definition: every output index, with repeated axes at 0.
        #[test]
        fn broadcasts_as_onnx_defines_it(
            axes in prop::collection::vec((1usize..4, 0u8..4), 0..5),
            missing in 0usize..3,
            constant: bool,
        ) {
            let shape: Vec<usize> = axes.iter().map(|&(extent, _)| extent).collect();
            let one = |bit: u8| axes.iter().map(move |&(e, bits)| if bits & bit != 0 { 1 } else { e });
            let (a_shape, b_shape): (Vec<usize>, Vec<usize>) = (one(1).collect(), one(2).collect());
            let b_shape = &b_shape[missing.min(b_shape.len())..];
            let count = |shape: &[usize]| shape.iter().product::<usize>();
            let a: Vec<u32> = (0..count(&a_shape) as u32).collect();
            let b: Vec<u32> = (0..count(b_shape) as u32).map(|b| 1000 * b).collect();
            let (a_cells, b_cells) = (cells(&a), cells(&b));
            let y = cells(&std::vec![0u32; count(&shape)]);
            Pair {
                a: Source::Cells(&a_cells),
                a_shape: &a_shape,
                b: if constant { Source::Constant(&b) } else { Source::Cells(&b_cells) },
                b_shape,
                output: &y,
                shape: &shape,
            }
            .map(|a, b| a + b)
            .unwrap();
            let at = |shape: &[usize], mut index: usize, own: &[usize]| {
                let (mut offset, mut stride) = (0, 1);
                for (axis, extent) in shape.iter().enumerate().rev() {
                    let position = index % extent;
                    index /= extent;
                    let Some(axis) = (axis + own.len()).checked_sub(shape.len()) else { continue };
                    offset += if own[axis] == 1 { 0 } else { position * stride };
                    stride *= own[axis];
                }
                offset
            };
            let wanted: Vec<u32> = (0..y.len())
                .map(|i| a[at(&shape, i, &a_shape)] + b[at(&shape, i, b_shape)])
                .collect();
            prop_assert_eq!(values(&y), wanted);
        }
    }
}
