//! A tensor read in strides (ONNX `Slice`, `Split`, `Expand`, `Tile`, `DepthToSpace`, `SpaceToDepth`).
//!
//! The output's element at index `i` is the input's element `offset + sum(i[axis] * strides[axis])`. A stride
//! of 0 repeats an element, a negative one runs backwards. Elements are moved as 1, 2, 4 or 8 bytes, whatever
//! their type, in the order of the output: [`View::overlap`] says how near that may start to the input.

use core::cell::Cell;

use crate::{ContractError, MAX_RANK, Overlap, Result, Source, Walk, product, require};

/// Which element of the input each element of the output is.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// Extents of the output, which may be split or joined otherwise than its shape; at most eight.
    pub extents: &'a [usize],
    /// Element of the input at index 0.
    pub offset: isize,
    /// Elements of the input between neighbours on each axis.
    pub strides: [isize; MAX_RANK],
}

impl View<'_> {
    /// How near the output may start to the input: where the input is read only forwards, no element is
    /// written before it is read if the output starts where the input does, or before.
    pub fn overlap(&self, input_bytes: usize, output_bytes: usize) -> Overlap {
        let apart = Overlap::none(input_bytes, output_bytes);
        let mut span = 0isize;
        for (&extent, &stride) in self.extents.iter().zip(&self.strides).rev() {
            if extent > 1 {
                let steps = (extent as isize).saturating_sub(1);
                if stride <= span {
                    return apart;
                }
                span = span.saturating_add(stride.saturating_mul(steps));
            }
        }
        Overlap { before: 0, ..apart }
    }

    /// Whether all elements lie in an input of `len`. `None` where the arithmetic overflows.
    fn fits(&self, len: usize) -> Option<bool> {
        let (mut first, mut last) = (self.offset, self.offset);
        for (&extent, &stride) in self.extents.iter().zip(&self.strides) {
            let steps = isize::try_from(extent.checked_sub(1)?).ok()?;
            let span = steps.checked_mul(stride)?;
            first = first.checked_add(span.min(0))?;
            last = last.checked_add(span.max(0))?;
        }
        Some(first >= 0 && usize::try_from(last).is_ok_and(|last| last < len))
    }
}

/// Copies the elements of `view`.
///
/// # Errors
/// [`ContractError`] where the output's length is not the view's, or the view leaves the input.
pub fn copy<T: Copy + Default>(
    view: &View<'_>,
    input: Source<'_, T>,
    output: &[Cell<T>],
) -> Result {
    require(view.extents.len() <= MAX_RANK)?;
    require(product(view.extents) == Some(output.len()))?;
    if output.is_empty() {
        return Ok(());
    }
    require(view.fits(input.len()) == Some(true))?;
    let (&row, outer) = view.extents.split_last().unwrap_or((&1, &[]));
    let stride = view.strides.get(outer.len()).ok_or(ContractError)?;
    let mut walk = Walk::new(outer, [view.offset], [view.strides])?;
    // `max` says to the compiler that a row is not empty.
    for row in output.chunks(row.max(1)) {
        let Some([mut element]) = walk.next() else {
            break;
        };
        for y in row {
            y.set(input.get(element));
            element = element.wrapping_add_signed(*stride);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn run<T: Copy + Default>(view: &View<'_>, input: &[T]) -> Option<Vec<T>> {
        let output = cells(&std::vec![T::default(); view.extents.iter().product()]);
        copy(view, Source::Constant(input), &output).ok()?;
        Some(values(&output))
    }

    fn strides<const N: usize>(given: [isize; N]) -> [isize; MAX_RANK] {
        core::array::from_fn(|axis| given.get(axis).copied().unwrap_or(0))
    }

    #[test]
    fn repeats_and_reverses() {
        let input = [1i64, 2, 3];
        let view = View {
            extents: &[2, 3],
            offset: 2,
            strides: strides([0, -1]),
        };
        assert_eq!(run(&view, &input).unwrap(), [3, 2, 1, 3, 2, 1]);
        let scalar = View {
            extents: &[],
            ..view
        };
        assert_eq!(run(&scalar, &input).unwrap(), [3]);
    }

    #[test]
    fn refuses_what_leaves_the_input() {
        let view = View {
            extents: &[2, 3],
            offset: 1,
            strides: strides([3, 1]),
        };
        assert!(run(&view, &[0u8; 7]).is_some());
        assert!(run(&view, &[0u8; 6]).is_none());
        let below = View { offset: -1, ..view };
        assert!(run(&below, &[0u8; 7]).is_none());
        let endless = View {
            strides: [isize::MAX; MAX_RANK],
            ..view
        };
        assert!(run(&endless, &[0u8; 7]).is_none());
        let empty = View {
            extents: &[0, 3],
            offset: -9,
            ..view
        };
        assert_eq!(run::<u8>(&empty, &[]).unwrap(), []);
    }

    proptest! {
        #[test]
        fn what_goes_forwards_can_go_in_place(
            axes in prop::collection::vec((1usize..4, -2isize..9), 0..4),
            offset in 0isize..4,
        ) {
            let extents: Vec<usize> = axes.iter().map(|&(extent, _)| extent).collect();
            let steps: Vec<isize> = axes.iter().map(|&(_, stride)| stride).collect();
            let view = View {
                extents: &extents,
                offset,
                strides: core::array::from_fn(|axis| steps.get(axis).copied().unwrap_or(0)),
            };
            let input: Vec<u8> = (0..64).collect();
            let Some(wanted) = run(&view, &input) else { return Ok(()) };
            if view.overlap(64, wanted.len()).before > 0 {
                return Ok(());
            }
            let memory = cells(&input);
            copy(&view, Source::Cells(&memory), &memory[..wanted.len()]).unwrap();
            prop_assert_eq!(&values(&memory)[..wanted.len()], &wanted);
        }

        #[test]
        fn every_element_is_where_its_strides_say(
            axes in prop::collection::vec((1usize..4, -3isize..4), 0..5),
        ) {
            let input: Vec<u16> = (0..80).collect();
            let extents: Vec<usize> = axes.iter().map(|&(extent, _)| extent).collect();
            let steps: Vec<isize> = axes.iter().map(|&(_, stride)| stride).collect();
            let view = View {
                extents: &extents,
                offset: 40,
                strides: core::array::from_fn(|axis| steps.get(axis).copied().unwrap_or(0)),
            };
            let copied = run(&view, &input).unwrap();
            for (position, &value) in copied.iter().enumerate() {
                let (mut rest, mut element) = (position, 40);
                for (&extent, &stride) in extents.iter().zip(&steps).rev() {
                    element += (rest % extent) as isize * stride;
                    rest /= extent;
                }
                prop_assert_eq!(isize::from(value as i16), element);
            }
        }
    }
}
