//! Tokenizers of bytes, and properties of blocks.
