//! Compiles ONNX models into cadet packages.
//!
//! ONNX → [`ir`] (names, attributes and initialisers as written; shapes and constants from tract) →
//! [`passes`] (fusion) → [`layout`] (channels last, transposes at compile time) → quantisation →
//! [`plan`] (offsets in the arena) → package.
#![forbid(unsafe_code)]

mod compile;
mod error;
mod golden;
pub mod import;
pub mod ir;
pub mod layout;
mod lower;
mod options;
mod package;
pub mod passes;
pub mod plan;
mod quantise;
mod report;
mod run;

pub use compile::{Compiled, compile, fit};
pub use error::{CompileError, UnsupportedNode};
pub use options::{Board, Calibration, IoLayout, Options, Precision, Range};
pub use quantise::Affine;
pub use report::{Fit, FlashBytes, PortReport, Report, StepReport, TensorReport};
