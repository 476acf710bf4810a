//! Compiles tokenizers into the bytes that `cadet-text` reads on a device.
//!
//! A reader makes a [`Source`] of a file: [`hugging_face`], [`sentencepiece`], [`llama2c`], or [`bytes`] of nothing but
//! names. [`Source::compile`] makes the block. What a device could not do as the original does is refused here, with
//! its place in the file and what to do about it.
//!
//! ```
//! use cadet_text::{Cell, Encoding, Tokenizer};
//!
//! let block = cadet_tokenizer::bytes(&["<eos>"]).compile().unwrap();
//! let tokenizer = Tokenizer::new(&block).unwrap();
//! let mut tokens = [0; 8];
//! let count = tokenizer.encode(b"hi", Encoding::PROMPT, &mut [], &mut tokens).unwrap();
//! assert_eq!(&tokens[..count], [104, 105]);
//! ```

mod bytes;
mod classes;
mod compile;
mod compositions;
mod error;
mod hugging_face;
mod llama2c;
mod perfect_hash;
mod protobuf;
mod sentencepiece;
mod source;

pub use bytes::bytes;
pub use classes::UNICODE_VERSION;
pub use error::Error;
pub use hugging_face::hugging_face;
pub use llama2c::llama2c;
pub use sentencepiece::sentencepiece;
pub use source::{Model, Piece, Source};
