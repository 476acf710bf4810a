use super::Sequence;
use crate::unary::Function;
use crate::{Cell, clamp_f32, load, store};

/// One step of one sequence in one direction, as a layer's kind sees it.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    sequence: &'a Sequence<'a>,
    gates: usize,
    direction: usize,
    input: usize,
    /// First element of the state vectors.
    pub(super) state: usize,
}

impl Sequence<'_> {
    /// Runs `step` over every direction and sequence, and copies the hidden states out.
    pub(super) fn run(&self, gates: usize, step: impl Fn(&Step<'_>)) {
        for direction in 0..self.directions {
            for sequence in 0..self.batch {
                self.run_one(gates, direction, sequence, &step);
            }
        }
    }

    fn run_one(&self, gates: usize, direction: usize, sequence: usize, step: impl Fn(&Step<'_>)) {
        let state = self.state(direction, sequence);
        copy_state(self.initial_hidden, self.last_hidden, state, self.hidden);
        let length = self.length(sequence);
        let backwards = self.reverse != (direction == 1);
        for position in 0..length {
            let time = if backwards {
                length - 1 - position
            } else {
                position
            };
            step(&Step {
                sequence: self,
                gates,
                direction,
                input: self.vector(time, sequence) * self.inputs,
                state,
            });
            self.write(time, direction, sequence, |j| {
                load(self.last_hidden, state + j)
            });
        }
        for time in length..self.steps {
            self.write(time, direction, sequence, |_| 0.0);
        }
    }

    /// Index of the input vector of a step.
    fn vector(&self, time: usize, sequence: usize) -> usize {
        if self.batch_first {
            sequence * self.steps + time
        } else {
            time * self.batch + sequence
        }
    }

    fn write(&self, time: usize, direction: usize, sequence: usize, f: impl Fn(usize) -> f32) {
        let Some(output) = self.output else { return };
        let index = if self.batch_first {
            (sequence * self.steps + time) * self.directions + direction
        } else {
            (time * self.directions + direction) * self.batch + sequence
        };
        for j in 0..self.hidden {
            store(output, index * self.hidden + j, f(j));
        }
    }
}

/// Sets `length` elements from `first` on to the initial state.
pub(super) fn copy_state(
    initial: Option<crate::Source<'_, f32>>,
    state: &[Cell<f32>],
    first: usize,
    length: usize,
) {
    for at in first..first + length {
        store(state, at, initial.map_or(0.0, |s| s.get(at)));
    }
}

impl Step<'_> {
    /// Row of the weights of unit `unit` in gate `gate`.
    fn row(&self, gate: usize, unit: usize) -> usize {
        (self.direction * self.gates + gate) * self.sequence.hidden + unit
    }

    /// Sum over the inputs.
    pub(super) fn input_sum(&self, gate: usize, unit: usize) -> f32 {
        let length = self.sequence.inputs;
        let first = self.row(gate, unit) * length;
        let weights = self.sequence.weights.get(first..first + length);
        let mut sum = 0.0;
        for (k, w) in weights.unwrap_or_default().iter().enumerate() {
            sum += w * load(self.sequence.input, self.input + k);
        }
        sum
    }

    /// `start` and the sum over the hidden state, each of whose elements is scaled by `factor`.
    pub(super) fn hidden_sum(
        &self,
        start: f32,
        gate: usize,
        unit: usize,
        factor: impl Fn(usize) -> f32,
    ) -> f32 {
        let length = self.sequence.hidden;
        let first = self.row(gate, unit) * length;
        let weights = self.sequence.recurrence.get(first..first + length);
        let mut sum = start;
        for (k, w) in weights.unwrap_or_default().iter().enumerate() {
            sum += w * (load(self.sequence.last_hidden, self.state + k) * factor(k));
        }
        sum
    }

    /// The bias of the weights (`side` 0) or of the recurrence (1).
    pub(super) fn bias(&self, side: usize, gate: usize, unit: usize) -> f32 {
        let row = (self.direction * 2 + side) * self.gates + gate;
        let at = row * self.sequence.hidden + unit;
        let bias = self.sequence.bias.and_then(|b| b.get(at));
        bias.copied().unwrap_or(0.0)
    }

    /// Both sums and both biases.
    pub(super) fn gate_sum(&self, gate: usize, unit: usize) -> f32 {
        let sum = self.hidden_sum(self.input_sum(gate, unit), gate, unit, |_| 1.0);
        sum + self.bias(0, gate, unit) + self.bias(1, gate, unit)
    }

    /// Activation `index` of the direction, of the cut sum.
    pub(super) fn activate(&self, index: usize, sum: f32) -> f32 {
        let clip = self.sequence.clip;
        self.function(index).apply(clamp_f32(sum, -clip, clip))
    }

    /// Activation `index` of the direction.
    pub(super) fn function(&self, index: usize) -> Function {
        let functions = &self.sequence.activations;
        let function = functions.get(3 * self.direction + index);
        function.copied().unwrap_or(Function::Tanh)
    }

    /// Element of the direction's peephole weights, which are `[d, 3*h]`.
    pub(super) fn peephole(&self, index: usize, unit: usize) -> usize {
        (self.direction * 3 + index) * self.sequence.hidden + unit
    }

    pub(super) fn scratch(&self, gate: usize, unit: usize) -> f32 {
        load(self.sequence.scratch, gate * self.sequence.hidden + unit)
    }

    pub(super) fn set_scratch(&self, gate: usize, unit: usize, value: f32) {
        store(
            self.sequence.scratch,
            gate * self.sequence.hidden + unit,
            value,
        );
    }

    pub(super) fn hidden(&self, unit: usize) -> f32 {
        load(self.sequence.last_hidden, self.state + unit)
    }

    pub(super) fn set_hidden(&self, unit: usize, value: f32) {
        store(self.sequence.last_hidden, self.state + unit, value);
    }
}
