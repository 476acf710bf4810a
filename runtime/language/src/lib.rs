//! Language models on a device: prompts in, tokens or text out, and how likely a text is. Without std, without
//! allocation, in the caller's memory.
//!
//! ```no_run
//! # fn main() -> Result<(), cadet_language::LanguageError> {
//! # let (flash, tokens_flash) = (&[0u8; 0][..], &[0u8; 0][..]);
//! # #[repr(align(16))] struct Aligned<const N: usize>([u8; N]);
//! use cadet_language::{Candidate, Generation, Language, Limits, PackageModel, Sampler, Sampling, Writer};
//! use cadet_runtime::{Memory, Package, Session, kernels};
//! use cadet_text::{Cell, Encoding, Tokenizer};
//!
//! let (mut arena, mut state) = (Aligned([0; 65536]), Aligned([0; 65536]));
//! let memory = Memory::with_arena_and_state(&mut arena.0, &mut state.0);
//! let session = Session::new(Package::new(flash)?, memory, kernels::ALL)?;
//! let mut language = Language::new(PackageModel::new(session)?);
//!
//! let tokenizer = Tokenizer::new(tokens_flash)?;
//! let (mut cells, mut tokens) = ([Cell::EMPTY; 128], [0; 64]);
//! let count = tokenizer.encode(b"Once upon a time", Encoding::PROMPT, &mut cells, &mut tokens)?;
//! language.feed(&tokens[..count])?;
//!
//! let sampling = Sampling { temperature: 0.8, top_k: 40, ..Sampling::PLAIN };
//! let mut candidates = [Candidate::EMPTY; 40];
//! let mut sampler = Sampler::new(sampling, 7, &mut candidates, &mut [])?;
//! let limits = Limits { max_tokens: 100, end_tokens: &[] };
//! let generation = Generation::new(&mut language, &mut sampler, limits);
//! let mut writer = Writer::new(generation, tokenizer, &["\n\n"])?;
//! let mut buffer = [0; 256];                          // at least `writer.part_bytes()`
//! while let Some(part) = writer.next_text(&mut buffer)? {
//!     // Show it.
//! #   let _: &str = part;
//! }
//! # Ok(()) }
//! ```
//!
//! A prompt that several texts share is fed once: [`Language::rewind`] goes back to its end, and [`Language::score`]
//! does so for several continuations.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod constraint;
mod error;
mod filters;
mod generation;
mod language;
mod logits;
mod model;
mod package_model;
mod random;
mod sampler;
mod sampling;
mod score;
mod stops;
mod writer;

pub use constraint::Constraint;
pub use error::LanguageError;
pub use generation::{Ended, Generation, Limits};
pub use language::{Language, Snapshot};
pub use logits::Candidate;
pub use model::Model;
pub use package_model::PackageModel;
pub use sampler::Sampler;
pub use sampling::Sampling;
pub use score::Score;
pub use writer::{Parts, Writer};
