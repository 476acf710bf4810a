use crate::{Board, FlashError, Size};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What kernels cost on a board: `cost.toml` in its folder, fitted to measurements by `cargo xtask cost`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    /// What is counted.
    #[serde(default)]
    pub unit: Unit,
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

/// What one kernel costs, in the table's unit. A step of it takes `mac * MACs + start * loops + element * elements +
/// call`, of its [`Size`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KernelCost {
    /// For a multiplication with a weight.
    pub mac: f64,
    /// For each start of an innermost loop.
    pub start: f64,
    /// For each element of the output.
    pub element: f64,
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
            + self.call
    }
}

impl CostTable {
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
        toml::from_str(&text)
            .map(Some)
            .map_err(|error| bad(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_s_table_is_read() {
        let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        for name in Board::names(&targets) {
            let board = Board::find(&targets, &name).unwrap();
            let table = CostTable::of(&board).unwrap().unwrap_or_default();
            for (kernel, cost) in &table.kernels {
                let all = [cost.mac, cost.start, cost.element, cost.call];
                assert!(all.iter().all(|it| *it >= 0.0), "{kernel}: {cost:?}");
                assert!(cost.stack > 0, "{kernel}: {cost:?}");
            }
        }
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
    fn a_step_costs_its_work_and_its_call() {
        let cost = KernelCost {
            mac: 2.0,
            start: 0.5,
            element: 3.0,
            call: 10.0,
            stack: 100,
        };
        let size = Size {
            macs: 100,
            loops: 20,
            elements: 5,
        };
        assert_eq!(cost.of(size), 200.0 + 10.0 + 15.0 + 10.0);
    }
}
