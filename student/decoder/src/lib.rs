//! Decoder-only language models of Llama type (Touvron and others, 2023) as plain data.
//!
//! A [`DecoderConfig`] says which model it is, [`DecoderWeights`] hold its values. Both come from
//! [`llama2c::read`], from [`hugging_face::read`] or, for benches, from [`DecoderWeights::random`];
//! [`hugging_face::write`] shares them, and [`export`] makes the ONNX model that runs and compiles.

mod config;
mod error;
mod export;

pub mod hugging_face;
pub mod llama2c;
mod pairing;
mod random;
mod rope;
mod tensors;
mod weights;

pub use config::{DecoderConfig, Family};
pub use error::DecoderError;
pub use export::export;
pub use rope::{Llama3Scaling, Pairing, Rope, RopeTables};
pub use tensors::TensorSpec;
pub use weights::DecoderWeights;
