//! Text to tokens and back, without std, without allocation and in fixed memory.
//!
//! A tokenizer is one block of bytes, made on a host by `cadet-tokenizer` and read in place. `SPEC.md` beside this
//! crate is the normative text. [`Tokenizer::new`] checks every table once, in time linear in the block's length;
//! nothing after it can panic or read out of bounds, whatever the bytes.
//!
//! ```no_run
//! # fn main() -> Result<(), cadet_text::TextError> {
//! # let flash = &[0u8; 0][..];
//! use cadet_text::{Cell, Decoder, Encoding, Specials, Tokenizer};
//!
//! let tokenizer = Tokenizer::new(flash)?;
//! let mut cells = [Cell::EMPTY; 128];                  // at most 128 bytes without a place to cut
//! let mut tokens = [0; 64];
//! let count = tokenizer.encode(b"Once upon a time", Encoding::PROMPT, &mut cells, &mut tokens)?;
//! let mut decoder = Decoder::new(Specials::Skipped);
//! let mut text = [0; 256];
//! for &token in &tokens[..count] {
//!     let part: &str = decoder.push(&tokenizer, token, &mut text)?;   // whole characters only
//! }
//! # Ok(()) }
//! ```
//!
//! This crate knows nothing of models and packages, and of other tokenizers' files only what became of them.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

#[cfg(target_endian = "big")]
compile_error!(
    "a compiled tokenizer is little-endian and read in place: big-endian targets are not supported"
);

mod added;
mod classes;
mod decode;
mod encode;
mod error;
pub mod format;
mod lookup;
mod merge;
mod normalize;
mod segment;
mod split;
mod tokenizer;

pub use decode::{Decoder, Specials};
pub use encode::{Encoding, Ends, SpecialText, scratch_bytes, scratch_cells};
pub use error::TextError;
pub use lookup::{bucket, hash, slot};
pub use merge::Cell;
pub use tokenizer::Tokenizer;
