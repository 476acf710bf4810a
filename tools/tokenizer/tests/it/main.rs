//! Integration tests of tokenizers, compiled and run.

mod bytes;
mod corpus;
mod llama2c;
mod normalization;
mod reference;
mod refusals;
mod support;
