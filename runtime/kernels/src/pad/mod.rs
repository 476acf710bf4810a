//! A tensor with elements added or taken away at both ends of its axes (ONNX `Pad`, opset 25; `CenterCropPad`).
//!
//! What an axis loses is cut off before the rest is mirrored, repeated or wrapped; mirroring and wrapping go on
//! as far as the output reaches. Elements are moved as 1, 2, 4 or 8 bytes, whatever their type. Input and
//! output must not overlap.

use core::cell::Cell;

use crate::{ContractError, MAX_RANK, Result, Source, Walk, product, require, strides};

/// What the added elements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One value.
    Constant,
    /// The elements mirrored at the first and last one.
    Reflect,
    /// The first and last element.
    Edge,
    /// The elements from the other end.
    Wrap,
}

/// Operands of a padding.
#[derive(Clone, Copy)]
pub struct Pad<'a, T> {
    /// What is added.
    pub mode: Mode,
    /// Extents of the input.
    pub input_shape: &'a [usize],
    /// Extents of the output, of the same rank; they say how much is added or taken away at the end.
    pub output_shape: &'a [usize],
    /// Elements added in front of each axis; negative where they are taken away.
    pub begin: &'a [isize],
    /// The value of [`Mode::Constant`].
    pub value: T,
    /// The tensor.
    pub input: Source<'a, T>,
    /// The padded tensor.
    pub output: &'a [Cell<T>],
}

/// One axis: how output positions become elements of the input.
#[derive(Clone, Copy, Default)]
struct Line {
    /// Elements in front of those that are kept.
    added: isize,
    /// Number of elements that are kept.
    kept: isize,
    /// First element that is kept.
    first: isize,
    stride: isize,
}

impl Line {
    fn new(input: usize, output: usize, begin: isize, stride: isize) -> Option<Line> {
        let (input, output) = (isize::try_from(input).ok()?, isize::try_from(output).ok()?);
        let end = output.checked_sub(input)?.checked_sub(begin)?;
        let first = begin.min(0).checked_neg()?;
        let kept = input.checked_sub(first)?.checked_add(end.min(0))?;
        Some(Line {
            added: begin.max(0),
            kept: kept.max(0),
            first,
            stride,
        })
    }

    /// Offset of the element at output position `index`; `None` where that is the constant.
    #[inline(always)]
    fn offset(&self, mode: Mode, index: usize) -> Option<isize> {
        let position = (index as isize).wrapping_sub(self.added);
        let last = self.kept - 1;
        let position = if (0..self.kept).contains(&position) {
            position
        } else {
            match mode {
                Mode::Constant => return None,
                Mode::Edge => position.min(last).max(0),
                Mode::Wrap => position.checked_rem_euclid(self.kept)?,
                Mode::Reflect => {
                    let there_and_back = position.checked_rem_euclid(2 * last).unwrap_or(0);
                    there_and_back.min(2 * last - there_and_back)
                }
            }
        };
        Some((self.first + position) * self.stride)
    }
}

/// Pads or crops a tensor.
///
/// # Errors
/// [`ContractError`] where ranks or lengths do not fit, or where there is no element to repeat.
pub fn copy<T: Copy + Default>(op: &Pad<'_, T>) -> Result {
    let rank = op.input_shape.len();
    require(op.output_shape.len() == rank && op.begin.len() == rank)?;
    require(product(op.input_shape) == Some(op.input.len()))?;
    require(product(op.output_shape) == Some(op.output.len()))?;
    let lines = lines(op)?;
    if op.output.is_empty() {
        return Ok(());
    }
    let (&row, outer) = op.output_shape.split_last().unwrap_or((&1, &[]));
    let innermost = lines.get(outer.len()).ok_or(ContractError)?;
    let mut walk = Walk::new(outer, [], [])?;
    // `max` says to the compiler that a row is not empty.
    for row in op.output.chunks(row.max(1)) {
        let axes = lines.iter().zip(walk.index()).take(outer.len());
        let base = axes.into_iter().try_fold(0isize, |base, (line, &index)| {
            Some(base + line.offset(op.mode, index)?)
        });
        for (index, y) in row.iter().enumerate() {
            let offset = innermost.offset(op.mode, index);
            let element = base.zip(offset).map(|(base, offset)| base + offset);
            y.set(element.map_or(op.value, |element| op.input.get(element as usize)));
        }
        walk.next();
    }
    Ok(())
}

/// The axes; those beyond the rank have one element.
fn lines<T>(op: &Pad<'_, T>) -> core::result::Result<[Line; MAX_RANK], ContractError> {
    let along = strides(op.input_shape)?;
    let mut lines = [Line {
        kept: 1,
        ..Line::default()
    }; MAX_RANK];
    let shapes = op.input_shape.iter().zip(op.output_shape);
    let axes = shapes.zip(op.begin).zip(&along);
    for (slot, (((&input, &output), &begin), &stride)) in lines.iter_mut().zip(axes) {
        *slot = Line::new(input, output, begin, stride).ok_or(ContractError)?;
        require(op.mode == Mode::Constant || slot.kept > 0 || output == 0)?;
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    fn padded(
        mode: Mode,
        input: &[i32],
        shape: &[usize],
        begin: &[isize],
        end: &[isize],
    ) -> Option<Vec<i32>> {
        let pads = begin.iter().zip(end);
        let grown = shape.iter().zip(pads);
        let output_shape: Vec<usize> = grown
            .map(|(&extent, (begin, end))| extent.checked_add_signed(begin + end).unwrap())
            .collect();
        let output = cells(&std::vec![0; output_shape.iter().product()]);
        let op = Pad {
            mode,
            input_shape: shape,
            output_shape: &output_shape,
            begin,
            value: 9,
            input: Source::Constant(input),
            output: &output,
        };
        copy(&op).ok()?;
        Some(values(&output))
    }

    #[test]
    fn each_mode_on_a_line() {
        let line = |mode| padded(mode, &[1, 2, 3], &[3], &[4], &[3]).unwrap();
        assert_eq!(line(Mode::Constant), [9, 9, 9, 9, 1, 2, 3, 9, 9, 9]);
        assert_eq!(line(Mode::Reflect), [1, 2, 3, 2, 1, 2, 3, 2, 1, 2]);
        assert_eq!(line(Mode::Edge), [1, 1, 1, 1, 1, 2, 3, 3, 3, 3]);
        assert_eq!(line(Mode::Wrap), [3, 1, 2, 3, 1, 2, 3, 1, 2, 3]);
    }

    #[test]
    fn negative_pads_crop_before_the_rest_is_repeated() {
        let line = |mode| padded(mode, &[1, 2, 3, 4], &[4], &[-1], &[2]).unwrap();
        assert_eq!(line(Mode::Constant), [2, 3, 4, 9, 9]);
        assert_eq!(line(Mode::Wrap), [2, 3, 4, 2, 3]);
        let both = padded(Mode::Reflect, &[1, 2, 3, 4], &[4], &[2], &[-1]);
        assert_eq!(both.unwrap(), [3, 2, 1, 2, 3]);
    }

    #[test]
    fn planes_are_padded_on_both_axes() {
        let plane = padded(Mode::Constant, &[1, 2, 3, 4], &[2, 2], &[1, 0], &[0, 1]);
        assert_eq!(plane.unwrap(), [9, 9, 9, 1, 2, 9, 3, 4, 9]);
        assert_eq!(padded(Mode::Constant, &[7], &[], &[], &[]).unwrap(), [7]);
    }

    #[test]
    fn nothing_cannot_be_repeated() {
        for mode in [Mode::Reflect, Mode::Edge, Mode::Wrap] {
            assert!(padded(mode, &[], &[0], &[1], &[0]).is_none());
            assert_eq!(padded(mode, &[4], &[1], &[2], &[0]).unwrap(), [4, 4, 4]);
        }
        assert_eq!(padded(Mode::Constant, &[], &[0], &[1], &[0]).unwrap(), [9]);
    }

    proptest! {
        #[test]
        fn extreme_pads_are_errors_or_results(
            begin in any::<isize>(),
            mode in prop::sample::select(std::vec![Mode::Constant, Mode::Reflect, Mode::Edge, Mode::Wrap]),
        ) {
            let output = cells(&[0u8; 4]);
            let op = Pad {
                mode,
                input_shape: &[3],
                output_shape: &[4],
                begin: &[begin],
                value: 1,
                input: Source::Constant(&[5, 5, 5]),
                output: &output,
            };
            if copy(&op).is_ok() {
                prop_assert!(values(&output).iter().all(|value| [1, 5].contains(value)));
            }
        }
    }
}
