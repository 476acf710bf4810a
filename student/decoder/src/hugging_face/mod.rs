//! Reads and writes folders of Hugging Face: `config.json`, and `model.safetensors` or its shards.
//!
//! Models of type `llama`, `qwen2` and `qwen3`. What a `config.json` asks for and decoders here have not is
//! refused by its name; keys that do not change what a model calculates are passed over.

mod config;
mod read;
mod write;

pub use read::read;
pub use write::write;

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";
