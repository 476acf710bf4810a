//! Recurrent layers over a whole sequence in f32 (ONNX `LSTM`, `GRU`, `RNN`, up to opset 22).
//!
//! Shapes, with d directions, g gates, h hidden units, i inputs, n sequences and t steps: input `[t, n, i]`,
//! weights `[d, g*h, i]`, recurrence `[d, g*h, h]`, bias `[d, 2*g*h]` (of the weights, then of the
//! recurrence), lengths `[n]`, initial and last states `[d, n, h]`, output `[t, d, n, h]`; where the batch
//! comes first: input `[n, t, i]`, states `[n, d, h]`, output `[n, t, d, h]`. Scratch is `[g, h]`, and what
//! it holds afterwards is undefined. No output may overlap an input, but for a last state over its own
//! initial one.
//!
//! Gates are in ONNX's order. A gate's sums add the products with the inputs, then those with the hidden
//! state, each in order, then the biases. Behind a sequence's length the output is 0, the last state is that
//! of its last step, and a reversed direction starts there.

mod gru;
mod lstm;
mod rnn;
mod sequence;

use core::cell::Cell;

use crate::unary::Function;
use crate::{Result, Source, product, require};

pub use gru::Gru;
pub use lstm::Lstm;
pub use rnn::Rnn;

/// Operands that all recurrent layers have.
#[derive(Clone, Copy)]
pub struct Sequence<'a> {
    /// Number of steps, t.
    pub steps: usize,
    /// Number of sequences, n.
    pub batch: usize,
    /// Length of an input vector, i.
    pub inputs: usize,
    /// Length of a state vector, h.
    pub hidden: usize,
    /// 1 or 2; the second runs backwards.
    pub directions: usize,
    /// Whether the first direction runs backwards.
    pub reverse: bool,
    /// Whether the batch is the first axis of input, output and states.
    pub batch_first: bool,
    /// Three functions a direction; a layer with fewer ignores the rest.
    pub activations: [Function; 6],
    /// Sums are cut to `-clip..=clip` before an activation; infinity where there is no bound.
    pub clip: f32,
    /// The sequences.
    pub input: &'a [Cell<f32>],
    /// `[d, g*h, i]`.
    pub weights: &'a [f32],
    /// `[d, g*h, h]`.
    pub recurrence: &'a [f32],
    /// `[d, 2*g*h]`, zero where not given.
    pub bias: Option<&'a [f32]>,
    /// `[n]`, cut to `0..=t`; t where not given.
    pub lengths: Option<Source<'a, i32>>,
    /// Hidden state before the first step, zero where not given.
    pub initial_hidden: Option<Source<'a, f32>>,
    /// Hidden state after each step.
    pub output: Option<&'a [Cell<f32>]>,
    /// Hidden state after the last step.
    pub last_hidden: &'a [Cell<f32>],
    /// `[g, h]`.
    pub scratch: &'a [Cell<f32>],
}

impl Sequence<'_> {
    /// Checks everything but what only one kind of layer has.
    fn check(&self, gates: usize) -> Result {
        let Sequence {
            steps: t,
            batch: n,
            inputs: i,
            hidden: h,
            directions: d,
            ..
        } = *self;
        let is = |length: usize, extents: &[usize]| product(extents) == Some(length);
        require((d == 1 || d == 2) && h > 0)?;
        require(is(self.input.len(), &[t, n, i]) && is(self.last_hidden.len(), &[d, n, h]))?;
        require(is(self.weights.len(), &[d, gates, h, i]))?;
        require(is(self.recurrence.len(), &[d, gates, h, h]))?;
        require(self.bias.is_none_or(|b| is(b.len(), &[d, 2, gates, h])))?;
        require(self.lengths.is_none_or(|l| l.len() == n))?;
        require(self.initial_hidden.is_none_or(|s| is(s.len(), &[d, n, h])))?;
        require(self.output.is_none_or(|y| is(y.len(), &[t, d, n, h])))?;
        require(is(self.scratch.len(), &[gates, h]))?;
        // Without inputs, nothing bounds the number of steps.
        require(i > 0)
    }

    /// Number of steps of a sequence.
    fn length(&self, sequence: usize) -> usize {
        let length = self.lengths.map(|lengths| lengths.get(sequence).max(0));
        length.map_or(self.steps, |length| self.steps.min(length as usize))
    }

    /// First element of a state vector.
    fn state(&self, direction: usize, sequence: usize) -> usize {
        let index = if self.batch_first {
            sequence * self.directions + direction
        } else {
            direction * self.batch + sequence
        };
        index * self.hidden
    }
}

#[cfg(test)]
mod tests;
