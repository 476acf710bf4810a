//! Normalization form C (Unicode Standard Annex 15, version 16), a character at a time.
//!
//! The tables come in the tokenizer's block. What is held is a character with the marks behind it, of which there may be
//! as many as the annex's stream-safe text has.

use core::str::Chars;

use crate::decode::Text;
use crate::format::{Row, flags};
use crate::{TextError, Tokenizer};

/// Most marks in a row.
const MAX_MARKS: usize = 30;
/// Characters below are in form C whatever follows them, unless what follows is not below.
const FIRST_MARK: char = '\u{300}';

/// Hangul syllables are composed by arithmetic (The Unicode Standard, section 3.12).
mod hangul {
    pub(super) const SYLLABLES: u32 = 0xAC00;
    pub(super) const LEADING: u32 = 0x1100;
    pub(super) const VOWELS: u32 = 0x1161;
    /// One before the first.
    pub(super) const TRAILING: u32 = 0x11A7;
    pub(super) const LEADING_COUNT: u32 = 19;
    pub(super) const VOWEL_COUNT: u32 = 21;
    pub(super) const TRAILING_COUNT: u32 = 28;
    pub(super) const SYLLABLE_COUNT: u32 = LEADING_COUNT * VOWEL_COUNT * TRAILING_COUNT;
}

impl Tokenizer<'_> {
    /// Writes a text as [`encode`](Self::encode) wants it: in normalization form C where the tokenizer has that, as it is
    /// elsewhere.
    ///
    /// # Memory
    /// `out` of three times the text's bytes is always enough, and mostly the text's own.
    ///
    /// # Errors
    /// [`InvalidUtf8`](TextError::InvalidUtf8), [`OutputTooSmall`](TextError::OutputTooSmall) with the bytes needed, and
    /// [`TooManyMarks`](TextError::TooManyMarks).
    pub fn normalize<'o>(&self, text: &[u8], out: &'o mut [u8]) -> Result<&'o str, TextError> {
        let text = utf8(text)?;
        let mut out = Text::new(out);
        let mut write = |character: char| out.write(character.encode_utf8(&mut [0; 4]).as_bytes());
        match self.header.flags & flags::NFC {
            0 => text.chars().for_each(write),
            _ => {
                let mut composed = Composed::new(self, text);
                while let Some(character) = composed.next()? {
                    write(character);
                }
            }
        }
        out.finish()
    }

    /// Whether a text is in form C.
    pub(crate) fn check_normalized(&self, text: &str) -> Result<(), TextError> {
        if text.chars().all(|character| character < FIRST_MARK) {
            return Ok(());
        }
        let mut composed = Composed::new(self, text);
        for (at, character) in text.char_indices() {
            if composed.next()? != Some(character) {
                return Err(TextError::NeedsNormalization { at: at as u32 });
            }
        }
        Ok(())
    }

    /// The combining class of a character, 0 for those that start something.
    fn combining_class(&self, character: u32) -> u8 {
        let runs = self
            .marks
            .partition_point(|row| row & 0x00ff_ffff <= character);
        let row = runs.checked_sub(1).and_then(|run| self.marks.get(run));
        row.map_or(0, |row| (row >> 24) as u8)
    }

    fn decomposed(&self, character: u32) -> Option<(u32, u32)> {
        let index = self
            .decompositions
            .binary_search_by_key(&character, |row| row.character())
            .ok()?;
        self.decompositions.get(index).map(|row| row.pair())
    }

    fn composed(&self, first: u32, second: u32) -> Option<u32> {
        compose_hangul(first, second).or_else(|| {
            let key = (first, second);
            let index = self
                .compositions
                .binary_search_by_key(&key, |row| row.pair())
                .ok()?;
            self.compositions.get(index).map(Row::character)
        })
    }
}

pub(crate) fn utf8(text: &[u8]) -> Result<&str, TextError> {
    core::str::from_utf8(text).map_err(|error| TextError::InvalidUtf8 {
        at: error.valid_up_to() as u32,
    })
}

fn compose_hangul(first: u32, second: u32) -> Option<u32> {
    let vowel = second.wrapping_sub(hangul::VOWELS);
    let leading = first.wrapping_sub(hangul::LEADING);
    if leading < hangul::LEADING_COUNT && vowel < hangul::VOWEL_COUNT {
        let syllable = (leading * hangul::VOWEL_COUNT + vowel) * hangul::TRAILING_COUNT;
        return Some(hangul::SYLLABLES + syllable);
    }
    let syllable = first.wrapping_sub(hangul::SYLLABLES);
    let trailing = second.wrapping_sub(hangul::TRAILING);
    let is_open =
        syllable < hangul::SYLLABLE_COUNT && syllable.is_multiple_of(hangul::TRAILING_COUNT);
    (is_open && trailing > 0 && trailing < hangul::TRAILING_COUNT).then(|| first + trailing)
}

/// A text in form C. Syllables of Hangul need not be taken apart: they only ever grow.
struct Composed<'t, 'a> {
    tokenizer: &'t Tokenizer<'a>,
    text: &'t str,
    rest: Chars<'t>,
    /// Parts of the character that was read last, the next one last.
    parts: [u32; 4],
    part_count: usize,
    /// A starter and marks, or marks alone: all composed, to be given before anything is read.
    held: [u32; MAX_MARKS + 1],
    held_count: usize,
    /// How many of them are given.
    given: usize,
    /// Whether what is held is to be given.
    is_whole: bool,
}

impl<'t, 'a> Composed<'t, 'a> {
    fn new(tokenizer: &'t Tokenizer<'a>, text: &'t str) -> Composed<'t, 'a> {
        Composed {
            tokenizer,
            text,
            rest: text.chars(),
            parts: [0; 4],
            part_count: 0,
            held: [0; MAX_MARKS + 1],
            held_count: 0,
            given: 0,
            is_whole: false,
        }
    }

    fn next(&mut self) -> Result<Option<char>, TextError> {
        loop {
            if self.is_whole {
                if let Some(&character) = self.held().get(self.given) {
                    self.given += 1;
                    return Ok(char::from_u32(character).or(Some(char::REPLACEMENT_CHARACTER)));
                }
                (self.is_whole, self.held_count, self.given) = (false, 0, 0);
            }
            let Some(part) = self.next_part() else {
                if self.held_count == 0 {
                    return Ok(None);
                }
                self.compose();
                continue;
            };
            if self.tokenizer.combining_class(part) != 0 {
                self.hold(part)?;
                continue;
            }
            self.compose();
            self.is_whole = false;
            match *self.held() {
                [] => self.hold(part)?,
                // Nothing stands between them.
                [starter] => match self.tokenizer.composed(starter, part) {
                    Some(composed) => self.set(0, composed),
                    None => self.give_before(part),
                },
                _ => self.give_before(part),
            }
        }
    }

    fn held(&self) -> &[u32] {
        self.held.get(..self.held_count).unwrap_or_default()
    }

    fn set(&mut self, index: usize, character: u32) {
        if let Some(place) = self.held.get_mut(index) {
            *place = character;
        }
    }

    /// Gives what is held, and keeps a starter for later.
    fn give_before(&mut self, starter: u32) {
        self.is_whole = true;
        self.put_back(starter);
    }

    fn put_back(&mut self, part: u32) {
        if let Some(place) = self.parts.get_mut(self.part_count) {
            *place = part;
            self.part_count += 1;
        }
    }

    fn hold(&mut self, part: u32) -> Result<(), TextError> {
        let at = self.text.len().saturating_sub(self.rest.as_str().len());
        let place = self.held.get_mut(self.held_count);
        *place.ok_or(TextError::TooManyMarks { at: at as u32 })? = part;
        self.held_count += 1;
        Ok(())
    }

    /// The next character of the text, taken apart.
    fn next_part(&mut self) -> Option<u32> {
        if let Some(last) = self.part_count.checked_sub(1) {
            self.part_count = last;
            return self.parts.get(last).copied();
        }
        let mut first = u32::from(self.rest.next()?);
        // Three times at most: tables that go on for longer are wrong.
        for _ in 0..3 {
            let Some((before, after)) = self.tokenizer.decomposed(first) else {
                break;
            };
            if after != 0 {
                self.put_back(after);
            }
            first = before;
        }
        Some(first)
    }

    /// Puts what is held in order, composes the starter with the marks that nothing stands before, and is whole.
    fn compose(&mut self) {
        self.is_whole = true;
        let tokenizer = self.tokenizer;
        let class = |character: u32| tokenizer.combining_class(character);
        let Some(held) = self.held.get_mut(..self.held_count) else {
            return;
        };
        let has_starter = held.first().is_some_and(|&first| class(first) == 0);
        let marks = held.get_mut(usize::from(has_starter)..).unwrap_or_default();
        // In place and stable, which the library's sort is not without memory of its own.
        for sorted in 1..marks.len() {
            let mut mark = marks.get(sorted).copied().unwrap_or_default();
            let mut is_placed = false;
            for place in marks.iter_mut().take(sorted) {
                is_placed |= class(mark) < class(*place);
                if is_placed {
                    core::mem::swap(place, &mut mark);
                }
            }
            if let Some(place) = marks.get_mut(sorted) {
                *place = mark;
            }
        }
        let Some((starter, marks)) = held.split_first_mut().filter(|_| has_starter) else {
            return;
        };
        let (mut kept, mut last_class) = (0, 0);
        for index in 0..marks.len() {
            let mark = marks.get(index).copied().unwrap_or_default();
            let class = class(mark);
            let is_free = kept == 0 || last_class < class;
            match tokenizer.composed(*starter, mark).filter(|_| is_free) {
                Some(composed) => *starter = composed,
                None => {
                    if let Some(place) = marks.get_mut(kept) {
                        *place = mark;
                    }
                    (kept, last_class) = (kept.saturating_add(1), class);
                }
            }
        }
        self.held_count = kept.saturating_add(1);
    }
}
