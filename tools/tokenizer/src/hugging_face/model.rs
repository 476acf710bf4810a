use std::collections::HashMap;

use cadet_text::format::flags;

use super::Traits;
use super::json::At;
use crate::sentencepiece::byte_of;
use crate::{Error, Model, Piece, Source};

/// Largest vocabulary that is read: numbers of tokens need not be in a row, and each takes memory.
const MAX_TOKENS: u32 = 1 << 22;

pub(super) fn read(model: At<'_>, traits: &Traits) -> Result<Source, Error> {
    match model.get("type") {
        kind if kind.is_null() => {}
        kind if kind.str()? == "BPE" => {}
        kind => {
            let advice = "use a tokenizer of type BPE";
            return Err(kind.refuse(format!("the model {}", kind.str()?), advice));
        }
    }
    for key in ["dropout", "continuing_subword_prefix", "end_of_word_suffix"] {
        let value = model.get(key);
        if !value.is_off() {
            return Err(value.refuse("a value", "set it to null"));
        }
    }
    let vocabulary = vocabulary(&model.get("vocab"))?;
    let count = vocabulary.values().max().map_or(0, |last| last + 1);
    let has_bytes = model.get("byte_fallback").bool_or(false)?;
    let mut pieces = vec![Piece::default(); count as usize];
    let mut byte_tokens = match traits.is_byte_level || has_bytes {
        true => vec![None; 256],
        false => Vec::new(),
    };
    for (&text, &token) in &vocabulary {
        let byte = byte_of(text).filter(|_| has_bytes && !traits.is_byte_level);
        let (bytes, is_mergeable) = match byte {
            Some(byte) => (vec![byte], false),
            None => bytes_of(text, traits),
        };
        let byte = byte.or(match bytes.as_slice() {
            [byte] if traits.is_byte_level && is_mergeable => Some(*byte),
            _ => None,
        });
        if let Some(byte) = byte {
            byte_tokens[usize::from(byte)] = Some(token);
        }
        let piece = Piece {
            bytes,
            is_mergeable,
            special: 0,
        };
        if std::mem::replace(&mut pieces[token as usize], piece) != Piece::default() {
            let what = format!("token {token} is given twice");
            return Err(Error::malformed(model.get("vocab").path(), what));
        }
    }
    let pairs = merges(&model.get("merges"), &vocabulary)?;
    let mut source = Source::new(pieces, Model::Pairs(pairs));
    source.byte_tokens = byte_tokens;
    let unknown = model.get("unk_token");
    if !unknown.is_null() {
        let token = vocabulary.get(unknown.str()?);
        source.unknown = Some(*token.ok_or_else(|| unknown.wrong("a token"))?);
    }
    if model.get("fuse_unk").bool_or(false)? {
        source.flags |= flags::FUSE_UNKNOWN;
    }
    if model.get("ignore_merges").bool_or(false)? {
        source.flags |= flags::WHOLE_WORDS;
    }
    Ok(source)
}

fn vocabulary<'v>(vocab: &At<'v>) -> Result<HashMap<&'v str, u32>, Error> {
    let mut vocabulary = HashMap::new();
    for text in vocab.object()?.keys() {
        let at = vocab.get(text);
        let token = at.token()?;
        if token >= MAX_TOKENS {
            let advice = "number tokens in a row";
            return Err(at.refuse(format!("token {token}"), advice));
        }
        vocabulary.insert(text.as_str(), token);
    }
    Ok(vocabulary)
}

/// The bytes of a piece, and whether merging makes it: names of special tokens may not be of the alphabet.
fn bytes_of(text: &str, traits: &Traits) -> (Vec<u8>, bool) {
    if traits.is_byte_level {
        let bytes: Option<Vec<u8>> = text.chars().map(byte_level).collect();
        return match bytes {
            Some(bytes) => (bytes, true),
            None => (text.into(), false),
        };
    }
    match traits.has_marks {
        // A space never reaches the model.
        true if text.contains(' ') => (text.into(), false),
        true => (text.replace('\u{2581}', " ").into_bytes(), true),
        false => (text.into(), true),
    }
}

/// The byte of a character in the alphabet of GPT-2 (`bytes_to_unicode` in its `encoder.py`): printable bytes are their
/// own characters, the others those from U+0100 on, in order.
fn byte_level(character: char) -> Option<u8> {
    let is_printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
    match u32::from(character) {
        code @ 0..=0xFF => Some(code as u8).filter(is_printable),
        code => {
            let mut others = (0..=u8::MAX).filter(|byte| !is_printable(byte));
            others.nth((code - 0x100) as usize)
        }
    }
}

fn merges(merges: &At<'_>, vocabulary: &HashMap<&str, u32>) -> Result<Vec<(u32, u32)>, Error> {
    let part = |at: &At<'_>, text: &str| {
        let token = vocabulary.get(text).copied();
        token.ok_or_else(|| at.wrong("a merge of two tokens"))
    };
    let list = merges.list()?;
    let mut pairs = Vec::with_capacity(list.len());
    for merge in list {
        pairs.push(match merge.str() {
            Ok(text) => {
                let (left, right) = text
                    .split_once(' ')
                    .ok_or_else(|| merge.wrong("two parts"))?;
                (part(&merge, left)?, part(&merge, right)?)
            }
            Err(_) => match merge.list()?.as_slice() {
                [left, right] => (part(left, left.str()?)?, part(right, right.str()?)?),
                _ => return Err(merge.wrong("two parts")),
            },
        });
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_one_character() {
        let found: Vec<u8> = ('\0'..='\u{200}').filter_map(byte_level).collect();
        assert_eq!(found.len(), 256);
        assert_eq!(byte_level('\u{120}'), Some(b' '));
        assert_eq!(byte_level('\u{10a}'), Some(b'\n'));
        assert_eq!(byte_level(' '), None);
        assert_eq!(byte_level('\u{143}'), Some(0xAD));
        assert_eq!(byte_level('\u{144}'), None);
    }
}
