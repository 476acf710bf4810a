//! Tokenizers of Hugging Face (`tokenizer.json`, as `tokenizers` 0.23 writes and reads it) with a model of type BPE.

mod added;
mod ends;
mod json;
mod model;
mod spaces;
mod words;

use cadet_text::format::{flags, unit};

use crate::{Error, Source};
use json::At;

/// Reads a `tokenizer.json`. Encoding is that of `Tokenizer.encode` in the library, what it calls special tokens being
/// the template here; decoding that of its `decode`, where the text is UTF-8.
///
/// The library leaves out characters that have no token, where there is no unknown one; here that is an error of
/// encoding ([`cadet_text::TextError::NoToken`]).
///
/// The file does not say which of the special tokens begins and ends a text or fills up, beyond what the template says:
/// set [`Source::eos`] and the others by [`Source::special`].
///
/// # Errors
/// [`Error::Unsupported`] for what a device cannot do the same; [`Error::Malformed`] for other files.
pub fn hugging_face(file: &[u8]) -> Result<Source, Error> {
    let json: serde_json::Value = serde_json::from_slice(file)
        .map_err(|error| Error::malformed("tokenizer.json", error.to_string()))?;
    let root = At::root(&json);
    let mut traits = Traits::default();
    spaces::read_normalizer(root.get("normalizer"), &mut traits)?;
    words::read(root.get("pre_tokenizer"), &mut traits)?;
    spaces::read_decoder(root.get("decoder"), &mut traits)?;
    let mut source = model::read(root.get("model"), &traits)?;
    added::read(root.get("added_tokens"), &traits, &mut source)?;
    ends::read(root.get("post_processor"), &mut source)?;
    source.splitter = traits.splitter.unwrap_or_default();
    source.digits = traits.digits;
    source.isolate = traits.isolate;
    source.prefix = traits.prefix;
    source.leading = traits.leading;
    if traits.has_marks {
        source.flags |= flags::SPACE_MARKS;
    }
    if traits.is_nfc {
        source.flags |= flags::NFC;
    }
    if traits.is_byte_level {
        source.unit = unit::BYTE;
    }
    Ok(source)
}

/// What is known of a tokenizer besides its vocabulary.
#[derive(Default)]
struct Traits {
    is_byte_level: bool,
    /// A text is changed before its words are cut.
    is_normalized: bool,
    /// A text is brought to form C.
    is_nfc: bool,
    /// U+2581 stands for a space.
    has_marks: bool,
    splitter: Option<u8>,
    digits: u8,
    isolate: u8,
    prefix: u8,
    leading: u8,
}
