//! Decoder-only language models of Llama type (Touvron and others, 2023) as plain data.
//!
//! A [`DecoderConfig`] says which model it is, [`DecoderWeights`] hold its values. Both come from
//! [`llama2c::read`], from [`hugging_face::read`] or, for benches, from [`DecoderWeights::random`];
//! [`hugging_face::write`] shares them, and [`export`] makes the ONNX model that runs and compiles.
//!
//! ```
//! use cadet_decoder::{DecoderConfig, DecoderWeights, Family, Pairing, Rope, export};
//!
//! let config = DecoderConfig {
//!     family: Family::Llama,
//!     dim: 16,
//!     layers: 2,
//!     heads: 4,
//!     kv_heads: 2,
//!     head_size: 4,
//!     hidden: 32,
//!     vocab: 100,
//!     context: 64,
//!     rope: Rope {
//!         theta: 10_000.0,
//!         pairing: Pairing::Halves,
//!         scaling: None,
//!     },
//!     rms_epsilon: 1e-5,
//!     is_tied: true,
//!     bos: None,
//!     eos: Vec::new(),
//! };
//! let weights = DecoderWeights::random(config, 1)?;
//! assert_eq!(weights.tensor("model.norm.weight").unwrap().len(), 16);
//! let onnx = export(&weights)?;
//! # assert!(!onnx.is_empty());
//! # Ok::<(), cadet_decoder::DecoderError>(())
//! ```

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
