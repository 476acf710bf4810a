//! A table as it is fitted to measured steps, written and compared.

use super::fit::fit;
use super::{Row, work};
use cadet_compiler::Report;
use cadet_flash::CostTable;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Costs, with the steps that they were fitted to.
pub(super) struct Table {
    costs: CostTable,
    rows: BTreeMap<String, Vec<Row>>,
}

/// A whole model that no cost was fitted to.
pub(super) struct Told {
    name: String,
    /// What is foretold, as a share of what was measured.
    share: f64,
}

impl Told {
    /// Holds what a table foretells of a model against what that was found to take.
    pub(super) fn of(costs: &CostTable, name: String, report: &Report, found: &[Row]) -> Told {
        let foretold = costs.foretell(report.steps.iter().map(work));
        let told = foretold.cost();
        let told = told.unwrap_or_else(|| panic!("{name}: {:?}", foretold.unknown_kernels));
        let found: f64 = found.iter().map(|row| row.cost).sum();
        println!("{name}: {told} foretold, {found:.0} measured");
        Told {
            name,
            share: told as f64 / found,
        }
    }

    /// Fails where it is off by more than the table says.
    pub(super) fn assert_within(&self, costs: &CostTable) {
        let error = (self.share - 1.0).abs();
        let is_within = costs.error.is_some_and(|most| error <= most);
        assert!(is_within, "{}: {:.3}", self.name, self.share);
    }
}

impl Table {
    /// Fits the kernels of a table that has none yet.
    pub(super) fn fit(rows: Vec<Row>, mut costs: CostTable) -> Table {
        let mut kernels: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in rows {
            kernels.entry(row.kernel.clone()).or_default().push(row);
        }
        let fitted = kernels.iter().map(|(name, rows)| (name.clone(), fit(rows)));
        costs.kernels = fitted.collect();
        Table {
            costs,
            rows: kernels,
        }
    }

    pub(super) fn costs(&self) -> &CostTable {
        &self.costs
    }

    /// Fails where a kept table says of a kernel's steps together what is off by more than a quarter from what is fitted now.
    pub(super) fn check(&self, kept: &CostTable) {
        for (kernel, rows) in &self.rows {
            let cost = kept.kernels.get(kernel);
            let cost = cost.unwrap_or_else(|| panic!("no {kernel}; run the command in the table"));
            let stack = rows.iter().map(|row| row.stack).max().unwrap_or(0);
            assert!(stack <= cost.stack, "{kernel} takes {stack} bytes of stack");
            let now = self.costs.kernels[kernel];
            let [kept, now] =
                [*cost, now].map(|cost| rows.iter().map(|row| cost.of(row.size)).sum::<f64>());
            assert!(
                (0.75..1.25).contains(&(kept / now)),
                "{kernel}: {kept:.0} kept, {now:.0} now; run the command in the table"
            );
        }
    }

    /// Writes `cost.toml`, with how far off it is for whole models.
    /// What `cargo xtask` is asked for stands in it as `command`.
    pub(super) fn write(&self, folder: &Path, command: &str, models: &[Told]) {
        assert!(!models.is_empty(), "needs the MLPerf Tiny models");
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("cost.toml"), self.render(command, models)).unwrap();
    }

    fn render(&self, command: &str, models: &[Told]) -> String {
        let costs = &self.costs;
        let unit = costs.unit.name();
        let mut text = format!(
            "# What kernels cost here in {unit}; targets/README.md says what the keys mean. `steps` of a kernel were measured,\n\
             # each of which lies within `worst` of what is said here, as a share. Made by `cargo xtask {command}`.\n\
             #\n\
             # Foretold of models that nothing was fitted to, as a share of what they take:\n"
        );
        let mut worst = 0.0_f64;
        for told in models {
            writeln!(text, "# {:<28} {:.3}", told.name, told.share).unwrap();
            worst = worst.max((told.share - 1.0).abs());
        }
        writeln!(text, "\nunit = \"{unit}\"").unwrap();
        if let Some(machine) = &costs.machine {
            writeln!(text, "machine = \"{machine}\"").unwrap();
        }
        writeln!(text, "error = {:.2}", (worst * 100.0).ceil() / 100.0).unwrap();
        if costs.block > 1 {
            writeln!(text, "block = {}", costs.block).unwrap();
        }
        text += "\n[kernels]\n";
        for (kernel, rows) in &self.rows {
            writeln!(text, "{}", self.line(kernel, rows)).unwrap();
        }
        text
    }

    fn line(&self, kernel: &str, rows: &[Row]) -> String {
        let cost = self.costs.kernels[kernel];
        let worst = rows
            .iter()
            .map(|row| (cost.of(row.size) / row.cost - 1.0).abs())
            .fold(0.0, f64::max);
        let keys = [
            ("mac", cost.mac),
            ("start", cost.start),
            ("element", cost.element),
            ("input", cost.input),
            ("tail", cost.tail),
            ("call", cost.call),
        ];
        // The reader takes it that there is no cost, or stack, where none is said.
        let mut said: Vec<String> = keys
            .into_iter()
            .filter(|(_, value)| *value > 0.0)
            .map(|(key, value)| format!("{key} = {}", significant(value)))
            .collect();
        if cost.stack > 0 {
            said.push(format!("stack = {}", cost.stack));
        }
        format!(
            "\"{kernel}\" = {{ {} }} # steps {}, worst {worst:.2}",
            said.join(", "),
            rows.len()
        )
    }
}

/// With four digits that say something.
fn significant(value: f64) -> String {
    let decimals = (3.0 - value.log10().floor()).clamp(0.0, 9.0);
    format!("{value:.0$}", decimals as usize)
}
