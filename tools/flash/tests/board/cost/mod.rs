//! `cost.toml`: fitted to layers of many shapes as the board runs them, and held against the MLPerf Tiny models,
//! none of which is among these layers. `cargo xtask cost` writes it anew.

mod fit;
mod layers;
pub(crate) mod measure;

use crate::support::board;
use cadet_flash::{CostTable, KernelCost};
use measure::{Row, measure};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Steps of each kernel.
fn by_kernel(rows: Vec<Row>) -> BTreeMap<String, Vec<Row>> {
    let mut kernels: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        kernels.entry(row.kernel.clone()).or_default().push(row);
    }
    kernels
}

#[test]
fn the_table_is_what_the_board_measures() {
    let is_blessed = std::env::var_os("CADET_BLESS").is_some_and(|value| value == "1");
    if !is_blessed && std::env::var_os("CADET_FULL").is_none() {
        println!("skipped: needs CADET_FULL=1");
        return;
    }
    let mut rows = Vec::new();
    for (onnx, options) in layers::models() {
        let Some(measured) = measure(&onnx, &options) else {
            return;
        };
        rows.extend(measured);
    }
    let kernels = by_kernel(rows);
    let fitted: BTreeMap<&String, KernelCost> = kernels
        .iter()
        .map(|(kernel, rows)| (kernel, fit::fit(rows)))
        .collect();
    if is_blessed {
        std::fs::write(board().folder.join("cost.toml"), render(&kernels, &fitted)).unwrap();
        return;
    }
    let kept = CostTable::of(&board()).unwrap().unwrap();
    for (kernel, rows) in &kernels {
        let cost = kept.kernels.get(kernel);
        let cost = cost.unwrap_or_else(|| panic!("no {kernel}; run `cargo xtask cost`"));
        let stack = rows.iter().map(|row| row.stack).max().unwrap_or(0);
        assert!(stack <= cost.stack, "{kernel} takes {stack} bytes of stack");
        let sum = |value: fn(&Row, &KernelCost) -> f64| -> f64 {
            rows.iter().map(|row| value(row, cost)).sum()
        };
        let found = sum(|row, _| row.instructions);
        let told = sum(|row, cost| cost.of(row.size));
        assert!(
            (0.75..1.25).contains(&(told / found)),
            "{kernel}: {told:.0} told, {found:.0} found; run `cargo xtask cost`"
        );
    }
}

fn render(kernels: &BTreeMap<String, Vec<Row>>, fitted: &BTreeMap<&String, KernelCost>) -> String {
    let mut text = String::from(
        "# What kernels cost on this board: instructions for a multiplication with a weight (mac), for each start of\n\
         # an innermost loop (start), for each element of the output (element) and for a step (call), and most bytes of stack\n\
         # seen. `steps` of them were measured, each of which lies within `worst` of this, as a share. Made by `cargo xtask cost`.\n\n[kernels]\n",
    );
    for (kernel, cost) in fitted {
        let rows = &kernels[*kernel];
        let worst = rows
            .iter()
            .map(|row| (cost.of(row.size) / row.instructions - 1.0).abs())
            .fold(0.0, f64::max);
        writeln!(
            text,
            "\"{kernel}\" = {{ mac = {:.3}, start = {:.2}, element = {:.2}, call = {:.0}, stack = {} }} # steps {}, worst {worst:.2}",
            cost.mac,
            cost.start,
            cost.element,
            cost.call,
            cost.stack,
            rows.len()
        )
        .unwrap();
    }
    text
}
