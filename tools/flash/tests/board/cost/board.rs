//! The board: its steps as it runs them under QEMU.

use super::table::{Table, Told};
use super::{Row, is_blessed, is_wanted, layers, moves, rows};
use crate::mlperf_tiny;
use crate::support::{OnDisk, board, unless_skipped};
use cadet_compiler::{Compiled, compile};
use cadet_flash::{CostTable, Unit, flash};

/// Its kernels work on one channel after the other.
const BLOCK: usize = 1;

/// Runs a package on the board; `None` where a tool is missing.
fn measure(compiled: &Compiled) -> Option<Vec<Row>> {
    let disk = OnDisk::new(&compiled.package);
    let report = flash(&board(), &disk.path(), &cadet_flash::Options::new());
    let report = unless_skipped(report)?.unwrap();
    let per_tick = report.instructions().unwrap() as f64 / report.ticks() as f64;
    let steps = report.steps.iter();
    let costs = steps.map(|step| (f64::from(step.ticks) * per_tick, step.stack_bytes));
    Some(rows(&compiled.report, BLOCK, costs))
}

#[test]
fn the_table_is_what_the_board_takes() {
    if !is_wanted() {
        return;
    }
    let mut all = Vec::new();
    for layers in layers::together().into_iter().chain(moves::models()) {
        let Some(measured) = measure(&compile(&layers.onnx, &layers.options).unwrap()) else {
            return;
        };
        all.extend(layers.kept(measured));
    }
    let table = Table::fit(all, CostTable::empty(Unit::Instructions));
    if !is_blessed() {
        return table.check(&CostTable::of(&board()).unwrap().unwrap());
    }
    let told = mlperf_tiny::models()
        .into_iter()
        .map(|(name, onnx, options)| {
            let compiled = compile(&onnx, &options).unwrap();
            let found = measure(&compiled).unwrap();
            Told::of(table.costs(), name, &compiled.report, &found)
        });
    table.write(&board().folder, "cost", &told.collect::<Vec<Told>>());
}
