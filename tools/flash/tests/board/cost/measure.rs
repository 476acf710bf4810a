//! Steps as the board runs them.

use crate::support::{OnDisk, board, unless_skipped};
use cadet_compiler::{Options, compile};
use cadet_flash::flash;

/// A step and what it took.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) kernel: String,
    pub(crate) macs: u64,
    /// Elements of the activations that it reads and writes.
    pub(crate) elements: u64,
    pub(crate) instructions: f64,
    pub(crate) stack: u32,
}

/// A model on the board.
pub(crate) struct Measured {
    pub(crate) rows: Vec<Row>,
    /// Stack of a whole inference.
    pub(crate) stack: u32,
}

/// Compiles a model and runs it on the board; `None` where a tool is missing.
pub(crate) fn measure(onnx: &[u8], options: &Options) -> Option<Measured> {
    let compiled = compile(onnx, options).unwrap();
    let disk = OnDisk::new(&compiled.package);
    let report = flash(&board(), &disk.path(), &cadet_flash::Options::new());
    let report = unless_skipped(report)?.unwrap();
    let per_tick = report.instructions().unwrap() as f64 / report.ticks() as f64;
    let steps = compiled.report.steps.iter().zip(&report.steps);
    let rows = steps.map(|(step, measured)| Row {
        kernel: step.kernel.clone(),
        macs: step.macs,
        elements: step.elements(),
        instructions: f64::from(measured.ticks) * per_tick,
        stack: measured.stack_bytes,
    });
    Some(Measured {
        rows: rows.collect(),
        stack: report.stack_bytes,
    })
}
