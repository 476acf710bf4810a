use super::Sequence;
use super::sequence::Step;
use crate::Result;

/// A simple recurrent layer: `h = f(W x + R h + b)`.
#[derive(Clone, Copy)]
pub struct Rnn<'a> {
    /// What all recurrent layers have; one gate.
    pub sequence: Sequence<'a>,
}

impl Rnn<'_> {
    /// Runs the layer.
    ///
    /// # Errors
    /// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
    pub fn run(&self) -> Result {
        self.sequence.check(1)?;
        self.sequence
            .run(1, |step| step_once(step, self.sequence.hidden));
        Ok(())
    }
}

fn step_once(step: &Step<'_>, hidden: usize) {
    for unit in 0..hidden {
        step.set_scratch(0, unit, step.gate_sum(0, unit));
    }
    for unit in 0..hidden {
        step.set_hidden(unit, step.activate(0, step.scratch(0, unit)));
    }
}
