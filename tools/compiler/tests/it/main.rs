//! Whole models through the compiler and the engine, in one binary: linking tract takes long.

mod against_tract;
mod along_axes;
mod arena;
mod coverage;
mod decoder;
mod dequantised;
mod elementwise;
mod hostile;
mod int8;
mod integers;
mod kws_family;
mod movement;
mod onnx_runtime;
mod package;
mod quantisation;
mod quantised_elsewhere;
mod quantised_models;
mod random_nets;
mod stream;
mod support;
mod targets;
mod whole;
