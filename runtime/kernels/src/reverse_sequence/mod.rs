//! The first elements of each sequence in reverse (ONNX `ReverseSequence`, opset 10).
//!
//! One of the first two axes is the batch, the other is time; the rest is copied whole. Of sequence `b` the
//! first `lengths[b]` steps are reversed, the others stay; lengths are cut to the time axis. Elements are moved as
//! 1, 2, 4 or 8 bytes. No input may overlap the output.

use core::cell::Cell;

use crate::{Indices, Result, Source, product, require, store};

/// Operands of a reversal.
#[derive(Clone, Copy)]
pub struct ReverseSequence<'a, T> {
    /// The first two extents of input and output, and the product of the rest.
    pub extents: [usize; 3],
    /// Whether the first axis is time, not the batch.
    pub time_first: bool,
    /// Steps to reverse, one a sequence.
    pub lengths: Indices<'a>,
    /// The sequences.
    pub input: Source<'a, T>,
    /// The sequences, reversed.
    pub output: &'a [Cell<T>],
}

/// Reverses the sequences.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where lengths and extents do not fit.
pub fn copy<T: Copy + Default>(op: &ReverseSequence<'_, T>) -> Result {
    let [first, second, rest] = op.extents;
    let elements = product(&op.extents);
    require(elements == Some(op.input.len()) && elements == Some(op.output.len()))?;
    let (batch, steps) = if op.time_first {
        (second, first)
    } else {
        (first, second)
    };
    require(op.lengths.len() == batch)?;
    if op.output.is_empty() {
        return Ok(());
    }
    for b in 0..batch {
        // `clamp` would panic on bounds that the compiler cannot know to be in order.
        let length = op.lengths.get(b).min(steps as i64).max(0) as usize;
        for step in 0..steps {
            let source = if step < length {
                length - 1 - step
            } else {
                step
            };
            let row = |step: usize| {
                if op.time_first {
                    (step * batch + b) * rest
                } else {
                    (b * steps + step) * rest
                }
            };
            for i in 0..rest {
                store(op.output, row(step) + i, op.input.get(row(source) + i));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, values};

    #[test]
    fn only_the_first_steps_turn() {
        let output = cells(&[0u16; 8]);
        let op = ReverseSequence {
            extents: [4, 2, 1],
            time_first: true,
            lengths: Indices::I64(Source::Constant(&[3, 0])),
            input: Source::Constant(&[0, 10, 1, 11, 2, 12, 3, 13]),
            output: &output,
        };
        copy(&op).unwrap();
        assert_eq!(values(&output), [2, 10, 1, 11, 0, 12, 3, 13]);
        let batch_first = ReverseSequence {
            extents: [2, 2, 2],
            time_first: false,
            lengths: Indices::I32(Source::Constant(&[2, 1])),
            ..op
        };
        copy(&batch_first).unwrap();
        assert_eq!(values(&output), [1, 11, 0, 10, 2, 12, 3, 13]);
        let lengths = Indices::I64(Source::Constant(&[i64::MAX, -1]));
        copy(&ReverseSequence { lengths, ..op }).unwrap();
        assert_eq!(values(&output), [3, 10, 2, 11, 1, 12, 0, 13]);
        let lengths = Indices::I64(Source::Constant(&[2]));
        assert!(copy(&ReverseSequence { lengths, ..op }).is_err());
    }
}
