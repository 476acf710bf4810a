//! What a model is foretold to take on a kind of host.

use anyhow::Result;
use cadet_compiler::Report;
use cadet_flash::{CostTable, Foretold, Unit};
use cadet_repack::HostTarget;
use serde::Serialize;

use crate::on_board::{band, foretell};
use crate::output::{print_line, thousands};

/// Foretold by the figures of a kind of host; nothing of the whole where a kernel has none.
#[derive(Serialize)]
pub(crate) struct OnHost {
    target: &'static str,
    unit: Unit,
    /// The processor that was measured, where the unit depends on it.
    machine: Option<String>,
    cost: Option<u64>,
    /// By which share the cost of whole models was off at the most.
    error: Option<f64>,
    #[serde(flatten)]
    foretold: Foretold,
}

impl OnHost {
    pub(crate) fn foretell(report: &Report, host: HostTarget, costs: &CostTable) -> OnHost {
        let foretold = foretell(report, costs);
        OnHost {
            target: host.name,
            unit: costs.unit,
            machine: costs.machine.clone(),
            cost: foretold.cost(),
            error: costs.error,
            foretold,
        }
    }

    /// What is foretold of its steps, and in what.
    pub(crate) fn foretold(&self) -> (Unit, &Foretold) {
        (self.unit, &self.foretold)
    }

    pub(crate) fn print(&self) -> Result<()> {
        match (self.cost, self.unit) {
            (Some(cost), Unit::Instructions) => print_line(&format!(
                "cost   {} instructions{} by the figures of {}",
                thousands(cost),
                band(self.error),
                self.target
            )),
            (Some(cost), Unit::Nanoseconds) => print_line(&format!(
                "time   {:.1} us{} by a model of {}: one thread of {}",
                cost as f64 / 1e3,
                band(self.error),
                self.target,
                self.machine.as_deref().unwrap_or("an unnamed machine"),
            )),
            (None, _) => print_line(&format!(
                "cost   not foretold: {} has no figures for {}",
                self.target,
                self.foretold.unknown_kernels.join(", ")
            )),
        }
    }
}
