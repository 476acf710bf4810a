use super::Sequence;
use super::sequence::Step;
use crate::Result;

/// Gates, in ONNX's order.
const UPDATE: usize = 0;
const RESET: usize = 1;
const NEW: usize = 2;

/// A gated recurrent unit: `h = (1 - z) * n + z * h`.
#[derive(Clone, Copy)]
pub struct Gru<'a> {
    /// What all recurrent layers have; three gates: update, reset, new.
    pub sequence: Sequence<'a>,
    /// Whether the reset gate acts behind the product with the hidden state, not before.
    pub linear_before_reset: bool,
}

impl Gru<'_> {
    /// Runs the layer.
    ///
    /// # Errors
    /// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
    pub fn run(&self) -> Result {
        self.sequence.check(3)?;
        self.sequence.run(3, |step| self.step(step));
        Ok(())
    }

    fn step(&self, step: &Step<'_>) {
        let hidden = self.sequence.hidden;
        for gate in [UPDATE, RESET] {
            for unit in 0..hidden {
                step.set_scratch(gate, unit, step.activate(0, step.gate_sum(gate, unit)));
            }
        }
        for unit in 0..hidden {
            step.set_scratch(NEW, unit, step.activate(1, self.new_sum(step, unit)));
        }
        for unit in 0..hidden {
            let (z, new) = (step.scratch(UPDATE, unit), step.scratch(NEW, unit));
            step.set_hidden(unit, (1.0 - z) * new + z * step.hidden(unit));
        }
    }

    fn new_sum(&self, step: &Step<'_>, unit: usize) -> f32 {
        let input = step.input_sum(NEW, unit);
        let (bias, recurrence_bias) = (step.bias(0, NEW, unit), step.bias(1, NEW, unit));
        if self.linear_before_reset {
            let hidden = step.hidden_sum(0.0, NEW, unit, |_| 1.0) + recurrence_bias;
            input + step.scratch(RESET, unit) * hidden + bias
        } else {
            step.hidden_sum(input, NEW, unit, |k| step.scratch(RESET, k)) + bias + recurrence_bias
        }
    }
}
