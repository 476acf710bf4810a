//! The tokenizer of stories260K.
