//! Steps as the board runs them.

use crate::support::{OnDisk, board, unless_skipped};
use cadet_compiler::{Options, StepReport, compile};
use cadet_flash::{Size, Work, flash};

/// A step and what it took.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) kernel: String,
    pub(crate) size: Size,
    pub(crate) instructions: f64,
    pub(crate) stack: u32,
}

/// What the compiler reports of a step, for the board's table.
pub(crate) fn work(step: &StepReport) -> Work<'_> {
    Work {
        kernel: &step.kernel,
        op: &step.op,
        macs: step.macs,
        inputs: &step.inputs,
        output: &step.output,
    }
}

/// Compiles a model and runs it on the board; `None` where a tool is missing.
pub(crate) fn measure(onnx: &[u8], options: &Options) -> Option<Vec<Row>> {
    let compiled = compile(onnx, options).unwrap();
    let disk = OnDisk::new(&compiled.package);
    let report = flash(&board(), &disk.path(), &cadet_flash::Options::new());
    let report = unless_skipped(report)?.unwrap();
    let per_tick = report.instructions().unwrap() as f64 / report.ticks() as f64;
    let steps = compiled.report.steps.iter().zip(&report.steps);
    let rows = steps.map(|(step, measured)| Row {
        kernel: work(step).cost_key().into(),
        size: work(step).size(),
        instructions: f64::from(measured.ticks) * per_tick,
        stack: measured.stack_bytes,
    });
    Some(rows.collect())
}
