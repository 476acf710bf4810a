//! `cost.toml` of the board and of kinds of hosts: fitted to layers of many shapes as they run there, and held against
//! the MLPerf Tiny models, none of which is among these layers. `cargo xtask cost` writes them anew.

mod board;
mod fit;
mod host;
mod layers;
mod moves;
mod shapes;
mod table;

use cadet_compiler::{Options, Report, StepReport};
use cadet_flash::{Size, Work};

/// A step and what it took.
#[derive(Clone, Debug)]
struct Row {
    kernel: String,
    size: Size,
    cost: f64,
    stack: u32,
}

/// What the compiler reports of a step, for a table.
pub(crate) fn work(step: &StepReport) -> Work<'_> {
    Work {
        kernel: &step.kernel,
        op: &step.op,
        macs: step.macs,
        inputs: &step.inputs,
        output: &step.output,
    }
}

/// A model of layers to measure, and how to compile it.
struct Layers {
    onnx: Vec<u8>,
    options: Options,
    /// What the names of the kernels begin with whose steps count; empty where all do.
    kernels: &'static [&'static str],
}

impl Layers {
    /// Steps that count.
    fn kept(&self, rows: Vec<Row>) -> impl Iterator<Item = Row> {
        let kernels = self.kernels;
        let is_kept =
            |row: &Row| kernels.is_empty() || kernels.iter().any(|it| row.kernel.starts_with(it));
        rows.into_iter().filter(is_kept)
    }
}

/// A compiled model's steps with what they took, where kernels work on `block` channels side by side.
fn rows(report: &Report, block: usize, costs: impl Iterator<Item = (f64, u32)>) -> Vec<Row> {
    let steps = report.steps.iter().zip(costs);
    let rows = steps.map(|(step, (cost, stack))| Row {
        kernel: work(step).cost_key().into(),
        size: work(step).size(block),
        cost,
        stack,
    });
    rows.collect()
}

/// Whether tables are to be written.
fn is_blessed() -> bool {
    std::env::var_os("CADET_BLESS").is_some_and(|value| value == "1")
}

/// Whether anything is to be measured; says so where nothing is.
fn is_wanted() -> bool {
    let is_wanted = is_blessed() || std::env::var_os("CADET_FULL").is_some();
    if !is_wanted {
        println!("skipped: needs CADET_FULL=1");
    }
    is_wanted
}
