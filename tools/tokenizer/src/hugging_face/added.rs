use cadet_text::format::{prefix, special};

use super::Traits;
use super::json::At;
use crate::{Error, Piece, Source};

/// Reads the tokens that are added to the model's vocabulary, special ones among them.
pub(super) fn read(list: At<'_>, traits: &Traits, source: &mut Source) -> Result<(), Error> {
    for added in list.list()? {
        let name = added.get("content").str()?;
        let token = added.get("id").token()? as usize;
        if added.get("single_word").bool_or(false)? {
            let advice = "set it to false";
            return Err(added.get("single_word").refuse("true", advice));
        }
        // It is looked for in what the normalizer makes of the text, as that makes it of the name.
        let is_changed =
            traits.is_normalized && (traits.prefix == prefix::ALWAYS || name.contains(' '));
        if is_changed && added.get("normalized").bool_or(false)? {
            let advice = "set it to false";
            return Err(added
                .get("normalized")
                .refuse("true beside a normalizer", advice));
        }
        let mut flags = special::MATCHED;
        for (key, flag) in [
            ("special", special::CONTROL),
            ("lstrip", special::LEFT_STRIP),
            ("rstrip", special::RIGHT_STRIP),
        ] {
            if added.get(key).bool_or(false)? {
                flags |= flag;
            }
        }
        let count = source.pieces.len();
        if token > count {
            let what = format!("token {token} is not the next one, {count}");
            return Err(Error::malformed(added.get("id").path(), what));
        }
        if token == count {
            source.pieces.push(Piece::default());
        }
        let piece = &mut source.pieces[token];
        piece.special = flags;
        if !piece.is_mergeable {
            piece.bytes = name.as_bytes().to_vec();
        } else if piece.bytes != name.as_bytes() {
            let what = format!("token {token} is another one in the vocabulary");
            return Err(Error::malformed(added.get("content").path(), what));
        }
    }
    Ok(())
}
