//! What a model is foretold to cost on a board.

use anyhow::Result;
use cadet_compiler::Report;
use cadet_flash::{Board, CostTable, Foretold, Unit, Work};
use serde::Serialize;

use crate::output::{print_line, thousands};

/// Foretold by the board's cost table; nothing of the whole where that lacks a kernel.
#[derive(Serialize)]
pub(crate) struct OnBoard {
    board: String,
    clock_hz: u64,
    /// Of its flash, where the board's file says; no time is added for them.
    wait_states: Option<u32>,
    instructions: Option<u64>,
    /// By which share the instructions of whole models were off at the most.
    error: Option<f64>,
    /// A model: the instructions at one a cycle of the clock.
    microseconds: Option<f64>,
    stack_bytes: Option<u32>,
    #[serde(flatten)]
    foretold: Foretold,
}

/// What a cost table says of a model.
pub(crate) fn foretell(report: &Report, costs: &CostTable) -> Foretold {
    let steps = report.steps.iter();
    costs.foretell(steps.map(|step| Work {
        kernel: &step.kernel,
        op: &step.op,
        macs: step.macs,
        inputs: &step.inputs,
        output: &step.output,
    }))
}

impl OnBoard {
    /// `None` where the board has no table.
    pub(crate) fn foretell(report: &Report, board: Board) -> Result<Option<OnBoard>> {
        let Some(costs) = CostTable::of(&board)? else {
            return Ok(None);
        };
        let foretold = foretell(report, &costs);
        let instructions = foretold.cost();
        Ok(Some(OnBoard {
            instructions,
            microseconds: instructions.map(|it| it as f64 * 1e6 / board.clock_hz as f64),
            stack_bytes: foretold.stack_bytes(),
            error: costs.error,
            wait_states: board.wait_states,
            clock_hz: board.clock_hz,
            board: board.name,
            foretold,
        }))
    }

    /// What is foretold of its steps, and in what.
    pub(crate) fn foretold(&self) -> (Unit, &Foretold) {
        (Unit::Instructions, &self.foretold)
    }

    pub(crate) fn print(&self) -> Result<()> {
        match (self.instructions, self.microseconds, self.stack_bytes) {
            (Some(instructions), Some(microseconds), Some(stack)) => {
                print_line(&format!(
                    "time   {} instructions{}; by a model {:.1} ms at {} MHz, {} and one instruction a cycle",
                    thousands(instructions),
                    band(self.error),
                    microseconds / 1e3,
                    self.clock_hz as f64 / 1e6,
                    waiting(self.wait_states),
                ))?;
                print_line(&format!(
                    "stack  {} bytes: the deepest step as measured, and a margin",
                    thousands(u64::from(stack))
                ))
            }
            _ => print_line(&format!(
                "time   not foretold: {} has no costs of {}",
                self.board,
                self.foretold.unknown_kernels.join(", ")
            )),
        }
    }
}

/// How far off whole models were at the most.
pub(crate) fn band(error: Option<f64>) -> String {
    error.map_or_else(String::new, |error| format!(" (± {:.0} %)", error * 100.0))
}

fn waiting(states: Option<u32>) -> String {
    match states {
        None => "wait states unknown".into(),
        Some(0) => "no wait states".into(),
        Some(states) => format!("without its wait states ({states} of the flash)"),
    }
}
