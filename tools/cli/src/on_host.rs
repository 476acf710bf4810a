//! What a model is foretold to take on a kind of host.

use anyhow::Result;
use cadet_compiler::Report;
use cadet_flash::{CostTable, Foretold, Unit};
use cadet_repack::HostTarget;
use serde::Serialize;

use crate::on_board::foretell;
use crate::output::{print_line, thousands};

/// Foretold by the figures of a kind of host; nothing of the whole where a kernel has none.
#[derive(Serialize)]
pub(crate) struct OnHost {
    target: &'static str,
    unit: Unit,
    cost: Option<u64>,
    #[serde(flatten)]
    foretold: Foretold,
}

impl OnHost {
    pub(crate) fn foretell(report: &Report, host: HostTarget, costs: &CostTable) -> OnHost {
        let foretold = foretell(report, costs);
        OnHost {
            target: host.name,
            unit: costs.unit,
            cost: foretold.cost(),
            foretold,
        }
    }

    /// What is foretold of its steps, and in what.
    pub(crate) fn foretold(&self) -> (&'static str, &Foretold) {
        let heading = match self.unit {
            Unit::Instructions => ">instructions",
            Unit::Nanoseconds => ">nanoseconds",
        };
        (heading, &self.foretold)
    }

    pub(crate) fn print(&self) -> Result<()> {
        match (self.cost, self.unit) {
            (Some(cost), Unit::Instructions) => print_line(&format!(
                "cost   {} instructions by the figures of {}",
                thousands(cost),
                self.target
            )),
            (Some(cost), Unit::Nanoseconds) => print_line(&format!(
                "time   {:.1} us by the figures of {}, a model of the one machine that was measured",
                cost as f64 / 1e3,
                self.target
            )),
            (None, _) => print_line(&format!(
                "cost   not foretold: {} has no figures for {}",
                self.target,
                self.foretold.unknown_kernels.join(", ")
            )),
        }
    }
}
