use crate::Tokenizer;
use crate::format::class;
use crate::segment::Segment;

/// What the patterns that cut a text into words tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Other,
    Letter,
    Number,
    Space,
}

impl Tokenizer<'_> {
    /// The class of a character, of the version of Unicode that the tokenizer was made with.
    pub(crate) fn class(&self, code: u32) -> Class {
        let runs = self
            .classes
            .partition_point(|row| row & 0x00ff_ffff <= code);
        let row = runs.checked_sub(1).and_then(|run| self.classes.get(run));
        match row.map_or(class::OTHER, |row| row >> 24) {
            class::LETTER => Class::Letter,
            class::NUMBER => Class::Number,
            class::SPACE => Class::Space,
            _ => Class::Other,
        }
    }

    /// The class of the character at a place, and where the next one is.
    pub(crate) fn class_at(&self, text: &Segment<'_>, place: usize) -> Option<(Class, usize)> {
        let character = text.character(place)?;
        let next = place.saturating_add(character.bytes);
        Some((self.class(character.code), next))
    }

    /// The end of the run of a class from `place` on, after `most` characters at the latest.
    pub(crate) fn run(&self, text: &Segment<'_>, place: usize, class: Class, most: usize) -> usize {
        let mut end = place;
        for _ in 0..most {
            match self.class_at(text, end) {
                Some((found, next)) if found == class => end = next,
                _ => break,
            }
        }
        end
    }
}
