//! Compiles ONNX models into cadet packages.
//!
//! ONNX → graph (names, attributes and initialisers as written; shapes and constants from tract) →
//! fusion → memory order (channels last, transposes at compile time) → quantisation → offsets in
//! the arena → package.
//!
//! ```
//! use cadet_compiler::{Options, compile};
//! use cadet_onnx::{ElementType, GraphBuilder};
//!
//! let mut graph = GraphBuilder::new("doubled");
//! graph.input("x", ElementType::F32, [1, 2]);
//! graph.constant_f32("w", &[2, 2], &[2.0, 0.0, 0.0, 2.0]);
//! graph.node("MatMul", "double", &["x", "w"], &["y"]);
//! graph.output("y", ElementType::F32, [1, 2]);
//!
//! let compiled = compile(&graph.encode(), &Options::float())?;
//! assert_eq!(compiled.report.macs, 4);
//! assert_eq!(compiled.package.len(), compiled.report.flash.total);
//! # Ok::<(), cadet_compiler::CompileError>(())
//! ```
#![forbid(unsafe_code)]

mod compile;
mod decoder;
mod draft;
mod error;
mod golden;
mod import;
mod ir;
mod layout;
mod lower;
mod options;
mod package;
mod passes;
mod plan;
mod promote;
mod provenance;
mod prune;
mod quantise;
mod report;
mod run;
mod stream;
mod whole;

pub use compile::{Compiled, compile, fit};
pub use error::{CompileError, UnsupportedNode};
pub use options::{
    Board, Calibration, Decoder, IoLayout, Numerics, Options, Precision, Range, Stream, Strips,
    Weights,
};
pub use promote::{Budget, Goal, Promotion, Trial, promote};
pub use quantise::Drift;
pub use report::{
    BufferReport, Fit, FlashBytes, GoldenReport, PortReport, Report, StepReport, StreamReport,
    StreamedOutput, StripsReport, TensorReport,
};
pub use whole::package_whole;
