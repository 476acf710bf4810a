//! Decoders against ONNX Runtime, the formulas of the papers and files that nobody meant.

mod export;
mod forward;
mod hugging_face;
mod onnx_runtime;
mod stories;
mod support;
