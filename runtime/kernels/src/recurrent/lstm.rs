use core::cell::Cell;

use super::Sequence;
use super::sequence::{Step, copy_state};
use crate::{Result, Source, load, product, require, store};

/// Gates, in ONNX's order, which is that of the peepholes, too.
const INPUT: usize = 0;
const OUTPUT: usize = 1;
const FORGET: usize = 2;
const CELL: usize = 3;

/// A long short-term memory: `c = f * c + i * g`, `h = o * tanh(c)`.
#[derive(Clone, Copy)]
pub struct Lstm<'a> {
    /// What all recurrent layers have; four gates: input, output, forget, cell.
    pub sequence: Sequence<'a>,
    /// Whether the forget gate is one less the input gate.
    pub input_forget: bool,
    /// `[d, 3*h]`: weights of the cell state in the input, output and forget gates, 0 where not given.
    pub peepholes: Option<&'a [f32]>,
    /// Cell state before the first step, zero where not given.
    pub initial_cell: Option<Source<'a, f32>>,
    /// Cell state after the last step.
    pub last_cell: &'a [Cell<f32>],
}

impl Lstm<'_> {
    /// Runs the layer.
    ///
    /// # Errors
    /// [`ContractError`](crate::ContractError) where extents and lengths do not fit.
    pub fn run(&self) -> Result {
        let sequence = &self.sequence;
        sequence.check(4)?;
        let state = sequence.last_hidden.len();
        require(self.last_cell.len() == state)?;
        require(self.initial_cell.is_none_or(|c| c.len() == state))?;
        let peepholes = product(&[sequence.directions, 3, sequence.hidden]);
        require(self.peepholes.is_none_or(|p| Some(p.len()) == peepholes))?;
        copy_state(self.initial_cell, self.last_cell, 0, state);
        sequence.run(4, |step| self.step(step));
        Ok(())
    }

    fn step(&self, step: &Step<'_>) {
        let hidden = self.sequence.hidden;
        for gate in [INPUT, OUTPUT, FORGET, CELL] {
            for unit in 0..hidden {
                step.set_scratch(gate, unit, step.gate_sum(gate, unit));
            }
        }
        for unit in 0..hidden {
            let old = load(self.last_cell, step.state + unit);
            let input = step.activate(0, self.gate(step, INPUT, unit, old));
            let forget = if self.input_forget {
                1.0 - input
            } else {
                step.activate(0, self.gate(step, FORGET, unit, old))
            };
            let candidate = step.activate(1, step.scratch(CELL, unit));
            let cell = forget * old + input * candidate;
            store(self.last_cell, step.state + unit, cell);
            let output = step.activate(0, self.gate(step, OUTPUT, unit, cell));
            step.set_hidden(unit, output * step.function(2).apply(cell));
        }
    }

    /// A gate's sum with its peephole on `cell`.
    fn gate(&self, step: &Step<'_>, gate: usize, unit: usize, cell: f32) -> f32 {
        let peephole = self
            .peepholes
            .and_then(|p| p.get(step.peephole(gate, unit)));
        step.scratch(gate, unit) + peephole.map_or(0.0, |p| p * cell)
    }
}
