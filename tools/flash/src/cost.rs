use crate::{Board, FlashError, Size};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What kernels cost on a board or a kind of host: `cost.toml` in its folder, fitted to measurements by `cargo xtask cost`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    /// What is counted.
    #[serde(default)]
    pub unit: Unit,
    /// The processor that was measured, with its clock, where the unit depends on it.
    pub machine: Option<String>,
    /// By which share the cost of a whole model was off at the most, of models that are not among the layers that costs
    /// were fitted to; `None` where there were none.
    pub error: Option<f64>,
    /// Output channels that kernels with weights work on side by side: as many cost as much as one does.
    #[serde(default = "one")]
    pub block: usize,
    /// By the names that [`Work::cost_key`](crate::Work::cost_key) gives them.
    pub kernels: BTreeMap<String, KernelCost>,
}

/// What a table counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Instructions, where their number is exact.
    #[default]
    Instructions,
    /// Nanoseconds of the machine that was measured.
    Nanoseconds,
}

impl Unit {
    /// As files and reports call it.
    pub const fn name(self) -> &'static str {
        match self {
            Unit::Instructions => "instructions",
            Unit::Nanoseconds => "nanoseconds",
        }
    }
}

/// What one kernel costs, in the table's unit: the sum of all but the stack, each times what it is for in the [`Size`] of
/// a step. What a file leaves out is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KernelCost {
    /// For a multiplication with a weight.
    pub mac: f64,
    /// For each start of an innermost loop.
    pub start: f64,
    /// For each element of the output.
    pub element: f64,
    /// For each element that a layer with weights reads.
    pub input: f64,
    /// For each pixel of a layer with weights whose channels leave a block in part empty.
    pub tail: f64,
    /// For a step, whatever its size.
    pub call: f64,
    /// Most stack that a step was seen to take below its session's caller, in bytes; 0 where that was not measured.
    pub stack: u32,
}

impl KernelCost {
    /// Cost of a step.
    pub fn of(&self, size: Size) -> f64 {
        self.mac * size.macs as f64
            + self.start * size.loops as f64
            + self.element * size.elements as f64
            + self.input * size.inputs as f64
            + self.tail * size.tails as f64
            + self.call
    }
}

/// No blocks.
fn one() -> usize {
    1
}

impl CostTable {
    /// A table without kernels.
    pub fn empty(unit: Unit) -> CostTable {
        CostTable {
            unit,
            machine: None,
            error: None,
            block: one(),
            kernels: BTreeMap::new(),
        }
    }

    /// The board's table; `None` where it has none.
    ///
    /// # Errors
    /// [`FlashError::BoardFile`] where it is malformed.
    pub fn of(board: &Board) -> Result<Option<Self>, FlashError> {
        CostTable::load(&board.folder)
    }

    /// The table in a target's folder; `None` where it has none.
    ///
    /// # Errors
    /// [`FlashError::BoardFile`] where it is malformed.
    pub fn load(folder: &Path) -> Result<Option<Self>, FlashError> {
        let path = folder.join("cost.toml");
        let bad = |reason: String| FlashError::BoardFile {
            path: path.clone(),
            reason,
        };
        let text = match std::fs::read_to_string(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|error| bad(error.to_string()))?,
        };
        CostTable::parse(&text).map(Some).map_err(bad)
    }

    /// Reads a table.
    ///
    /// # Errors
    /// Why it is malformed, or holds what nothing can cost.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: CostTable = toml::from_str(text).map_err(|error| error.to_string())?;
        if table.block == 0 {
            return Err("block: there is at least one channel in a block".into());
        }
        let is_cost = |it: f64| it.is_finite() && it >= 0.0;
        if table.error.is_some_and(|it| !is_cost(it)) {
            return Err("error: this is a share, not negative".into());
        }
        for (name, cost) in &table.kernels {
            let KernelCost {
                mac,
                start,
                element,
                input,
                tail,
                call,
                stack: _,
            } = *cost;
            if ![mac, start, element, input, tail, call]
                .into_iter()
                .all(is_cost)
            {
                return Err(format!("{name}: costs are numbers that are not negative"));
            }
        }
        Ok(table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadet_repack::HostTarget;

    #[test]
    fn every_table_is_read() {
        let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let boards = Board::names(&targets);
        let mut tables = 0;
        for entry in std::fs::read_dir(&targets).unwrap() {
            let folder = entry.unwrap().path();
            if !folder.is_dir() {
                continue;
            }
            let Some(table) = CostTable::load(&folder).unwrap() else {
                continue;
            };
            tables += 1;
            let name = folder.file_name().unwrap().to_str().unwrap();
            let is_board = boards.iter().any(|it| it == name);
            assert!(is_board || HostTarget::named(name).is_some(), "{name}");
            let is_time = table.unit == Unit::Nanoseconds;
            assert_eq!(table.machine.is_some(), is_time, "{name}");
            assert!(table.error.is_some_and(|it| it < 0.5), "{name}");
            for (kernel, cost) in &table.kernels {
                let all = [cost.mac, cost.start, cost.element, cost.input, cost.tail];
                assert!(all.iter().all(|it| *it >= 0.0), "{kernel}: {cost:?}");
                assert!(cost.call >= 0.0, "{kernel}: {cost:?}");
                assert_eq!(cost.stack > 0, is_board, "{kernel}: {cost:?}");
            }
        }
        assert!(tables > 1, "those of hosts are missing");
    }

    #[test]
    fn a_board_without_a_table_has_none_and_a_bad_one_is_named() {
        let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let board = Board {
            folder: folder.path().into(),
            ..Board::find(&targets, "mps2-an386").unwrap()
        };
        assert_eq!(CostTable::of(&board).unwrap(), None);
        std::fs::write(folder.path().join("cost.toml"), "kernels = 3").unwrap();
        let error = CostTable::of(&board).unwrap_err().to_string();
        assert!(error.contains("cost.toml"), "{error}");
    }

    #[test]
    fn what_nothing_can_cost_is_refused() {
        for (text, named) in [
            ("block = 0\n[kernels]", "block"),
            ("error = -0.1\n[kernels]", "error"),
            ("[kernels.add]\ncall = -1.0", "add"),
            ("[kernels.add]\nmac = nan", "add"),
            ("[kernels.add]\nelement = inf", "add"),
        ] {
            let reason = CostTable::parse(text).unwrap_err();
            assert!(reason.contains(named), "{reason}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}", number: f64) {
            let _ = CostTable::parse(&text);
            let table = CostTable::parse(&format!("[kernels.add]\ncall = {number:?}"));
            proptest::prop_assert_eq!(table.is_ok(), number.is_finite() && number >= 0.0);
        }
    }

    #[test]
    fn a_step_costs_its_work_and_its_call() {
        let cost = KernelCost {
            mac: 2.0,
            start: 0.5,
            element: 3.0,
            input: 0.25,
            tail: 4.0,
            call: 10.0,
            stack: 100,
        };
        let size = Size {
            macs: 100,
            loops: 20,
            elements: 5,
            inputs: 40,
            tails: 2,
        };
        assert_eq!(cost.of(size), 200.0 + 10.0 + 15.0 + 10.0 + 8.0 + 10.0);
    }
}
