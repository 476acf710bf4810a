//! Integration tests of tokenizers, compiled and run.

mod bytes;
mod llama2c;
mod reference;
mod support;
