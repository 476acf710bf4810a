//! Writes ONNX models.
//!
//! [`GraphBuilder`] is the way in: declare inputs, add initialisers and nodes, name the outputs,
//! and `encode` the model to the bytes of an `.onnx` file. [`proto`] holds the messages themselves,
//! a hand-kept subset of `onnx.proto` (ONNX 1.23, IR version 8), for readers that need more.

mod attribute;
mod builder;
pub mod proto;
mod tensor;

pub use attribute::Attribute;
pub use builder::{GraphBuilder, IR_VERSION, OPSET_VERSION};
pub use tensor::{Dim, ElementType};
