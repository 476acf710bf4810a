//! Normalizers and decoders: how a text's spaces become U+2581 and spaces again.

use cadet_text::format::{leading, prefix};

use super::Traits;
use super::json::At;
use crate::Error;

const MARK: &str = "\u{2581}";

pub(super) fn read_normalizer(normalizer: At<'_>, traits: &mut Traits) -> Result<(), Error> {
    for step in normalizer.steps("normalizers")? {
        traits.is_normalized = true;
        match step.kind()? {
            "NFC" => traits.is_nfc = true,
            "Prepend" if step.get("prepend").str()? == MARK => traits.prefix = prefix::ALWAYS,
            "Replace"
                if step.pattern("String") == Some(" ") && step.get("content").str()? == MARK =>
            {
                traits.has_marks = true;
            }
            kind => {
                let advice = "normalise texts before they are encoded, and set `normalizer` to null, NFC, or Prepend and Replace of spaces";
                return Err(step.refuse(format!("the normalizer {kind}"), advice));
            }
        }
    }
    if traits.prefix != prefix::NONE && !traits.has_marks {
        let advice = "add the normalizer Replace of spaces by U+2581";
        return Err(normalizer.refuse("Prepend without Replace", advice));
    }
    Ok(())
}

pub(super) fn read_decoder(decoder: At<'_>, traits: &mut Traits) -> Result<(), Error> {
    for step in decoder.steps("decoders")? {
        match step.kind()? {
            "ByteLevel" if traits.is_byte_level => {}
            "ByteFallback" | "Fuse" if !traits.is_byte_level => {}
            "Replace"
                if traits.has_marks
                    && step.pattern("String") == Some(MARK)
                    && step.get("content").str()? == " " => {}
            "Strip" if is_one_space(&step)? => traits.leading = leading::ONE,
            "Metaspace" if traits.has_marks => {
                if step.get("prepend_scheme").is_null()
                    || step.get("prepend_scheme").str()? != "never"
                {
                    traits.leading = leading::FIRST_PIECE;
                }
            }
            kind => {
                let advice = "use the decoder that goes with the pre-tokenizer: ByteLevel, Metaspace, or Replace, ByteFallback, Fuse and Strip of one space at the start";
                return Err(step.refuse(format!("the decoder {kind} as it is here"), advice));
            }
        }
    }
    Ok(())
}

fn is_one_space(step: &At<'_>) -> Result<bool, Error> {
    let (start, stop) = (step.get("start"), step.get("stop"));
    Ok(step.get("content").str()? == " " && start.token()? == 1 && stop.is_off())
}
