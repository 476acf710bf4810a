use core::ops::Range;

use crate::Tokenizer;
use crate::encode::SpecialText;
use crate::format::special;

/// A token found in a text by its name.
pub(crate) struct Found {
    pub(crate) token: u32,
    /// What of the text it takes.
    pub(crate) range: Range<usize>,
}

/// First bytes of the names that are looked for.
pub(crate) struct FirstBytes([u32; 8]);

impl FirstBytes {
    fn has(&self, byte: u8) -> bool {
        let word = self.0.get(usize::from(byte >> 5)).unwrap_or(&0);
        word >> (byte & 31) & 1 != 0
    }
}

impl Tokenizer<'_> {
    /// The first bytes of all names that `special_text` lets be found.
    pub(crate) fn first_bytes(&self, special_text: SpecialText) -> FirstBytes {
        let mut found = [0; 8];
        for (_, name, _) in self.names(special_text) {
            let byte = name.first().copied().unwrap_or(0);
            if let Some(word) = found.get_mut(usize::from(byte >> 5)) {
                *word |= 1 << (byte & 31);
            }
        }
        FirstBytes(found)
    }

    /// The next name in the text, the longest of those at the first place that has one.
    ///
    /// # Complexity
    /// The text's length times the number of names, at places that have the first byte of one.
    pub(crate) fn next_name(
        &self,
        text: &[u8],
        from: usize,
        first_bytes: &FirstBytes,
        special_text: SpecialText,
    ) -> Option<Found> {
        let bytes = text.iter().enumerate().skip(from);
        let places = bytes.filter(|(_, byte)| first_bytes.has(**byte));
        for (place, _) in places {
            let rest = text.get(place..)?;
            let longest = self
                .names(special_text)
                .filter(|(_, name, _)| rest.starts_with(name))
                .max_by_key(|(_, name, _)| name.len());
            let Some((token, name, flags)) = longest else {
                continue;
            };
            let mut range = place..place.saturating_add(name.len());
            if flags & special::LEFT_STRIP != 0 {
                let before = text.get(from..place)?;
                range.start = from.saturating_add(trimmed_end(before));
            }
            if flags & special::RIGHT_STRIP != 0 {
                let after = text.get(range.end..)?;
                range.end = text.len().saturating_sub(after.len() - white_bytes(after));
            }
            return Some(Found { token, range });
        }
        None
    }

    fn names(&self, special_text: SpecialText) -> impl Iterator<Item = (u32, &[u8], u32)> {
        let wanted = move |flags: u32| {
            let is_control = flags & special::CONTROL != 0;
            flags & special::MATCHED != 0 && (!is_control || special_text == SpecialText::Tokens)
        };
        let rows = self.specials.iter().filter(move |it| wanted(it.flags));
        rows.filter_map(|it| Some((it.token, self.piece_of(it.token)?, it.flags)))
            .filter(|(_, name, _)| !name.is_empty())
    }
}

/// Bytes of white space that `bytes` starts with.
fn white_bytes(bytes: &[u8]) -> usize {
    let text = valid(bytes);
    text.len() - text.trim_start().len()
}

/// Bytes before the white space that `bytes` ends with.
fn trimmed_end(bytes: &[u8]) -> usize {
    match core::str::from_utf8(bytes) {
        Ok(text) => text.trim_end().len(),
        Err(_) => bytes.trim_ascii_end().len(),
    }
}

fn valid(bytes: &[u8]) -> &str {
    let text = bytes.utf8_chunks().next();
    text.map_or("", |chunk| chunk.valid())
}
