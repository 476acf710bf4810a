use core::ops::Range;

use crate::format::{SPACE_MARK, flags, model, prefix, unit};
use crate::merge::{Cell, MAX_SYMBOLS, Word};
use crate::normalize::utf8;
use crate::segment::Segment;
use crate::{TextError, Tokenizer};

/// What the name of a control token in a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialText {
    /// Text like any other: what users write cannot say that their turn is over.
    Plain,
    /// The token.
    Tokens,
}

/// Whether a text gets the tokens that the tokenizer puts around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// As its template says; mostly the token that begins a text.
    Template,
    /// None.
    Bare,
}

/// How a text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// What the names of control tokens are.
    pub special_text: SpecialText,
    /// What goes around the text.
    pub ends: Ends,
}

impl Encoding {
    /// A text of which nothing is trusted, with the template around it.
    pub const PROMPT: Encoding = Encoding {
        special_text: SpecialText::Plain,
        ends: Ends::Template,
    };
    /// The same without the template: a later part of a text.
    pub const PART: Encoding = Encoding {
        special_text: SpecialText::Plain,
        ends: Ends::Bare,
    };
}

/// Cells that encode every text of so many bytes. Most texts take fewer: as many as their longest word has bytes.
pub const fn scratch_cells(text_bytes: usize) -> usize {
    // One more: the space in front.
    let cells = text_bytes.saturating_add(1);
    if cells > MAX_SYMBOLS {
        MAX_SYMBOLS
    } else {
        cells
    }
}

/// The bytes of those cells.
pub const fn scratch_bytes(text_bytes: usize) -> usize {
    scratch_cells(text_bytes).saturating_mul(size_of::<Cell>())
}

/// Tokens as they come: as many as there is room for, and all of them counted.
struct Output<'o> {
    tokens: &'o mut [u32],
    count: usize,
}

impl Output<'_> {
    fn push(&mut self, token: u32) {
        if let Some(place) = self.tokens.get_mut(self.count) {
            *place = token;
        }
        self.count = self.count.saturating_add(1);
    }
}

impl Tokenizer<'_> {
    /// Writes the tokens of a text to `tokens` and gives their number. An empty text has those of the template only.
    ///
    /// # Memory
    /// `cells` holds the longest word of the text, a cell of 16 bytes for each of its symbols: at most
    /// [`scratch_cells`] of the text's bytes. What a word is, the tokenizer says; where it merges over spaces, all of
    /// the text is one.
    ///
    /// # Errors
    /// Before anything is written: [`InvalidUtf8`](TextError::InvalidUtf8) unless the tokenizer takes any bytes, and
    /// [`NeedsNormalization`](TextError::NeedsNormalization) or [`TooManyMarks`](TextError::TooManyMarks) where it wants
    /// form C, for which there is [`normalize`](Self::normalize);
    /// [`OutputTooSmall`](TextError::OutputTooSmall) with the first tokens in `tokens`, as many as fit;
    /// [`ScratchTooSmall`](TextError::ScratchTooSmall), [`TooLong`](TextError::TooLong) and
    /// [`NoToken`](TextError::NoToken), after which `tokens` holds nothing of worth.
    ///
    /// # Complexity
    /// n log n for a word of n symbols, each step a hash of two pieces; linear in the number of words.
    pub fn encode(
        &self,
        text: &[u8],
        encoding: Encoding,
        cells: &mut [Cell],
        tokens: &mut [u32],
    ) -> Result<usize, TextError> {
        if text.len() > i32::MAX as usize {
            return Err(TextError::TooLong);
        }
        if !self.has(flags::ANY_BYTES) {
            let text = utf8(text)?;
            if self.has(flags::NFC) {
                self.check_normalized(text)?;
            }
        }
        let mut output = Output { tokens, count: 0 };
        let (before, after) = match encoding.ends {
            Ends::Template => self.template(),
            Ends::Bare => Default::default(),
        };
        before.iter().for_each(|&token| output.push(token));
        let first_bytes = self.first_bytes(encoding.special_text);
        let mut start = 0;
        loop {
            let found = self.next_name(text, start, &first_bytes, encoding.special_text);
            let end = found.as_ref().map_or(text.len(), |found| found.range.start);
            self.encode_segment(text, start..end, cells, &mut output)?;
            let Some(found) = found else { break };
            output.push(found.token);
            start = found.range.end;
        }
        after.iter().for_each(|&token| output.push(token));
        match output.count > output.tokens.len() {
            true => Err(TextError::OutputTooSmall {
                needed: output.count as u32,
            }),
            false => Ok(output.count),
        }
    }

    /// Encodes what is between two special tokens.
    fn encode_segment(
        &self,
        text: &[u8],
        range: Range<usize>,
        cells: &mut [Cell],
        output: &mut Output<'_>,
    ) -> Result<(), TextError> {
        let is_first = range.start == 0;
        let mut at = range.start;
        let mut bytes = text.get(range).unwrap_or_default();
        if self.has(flags::SQUEEZE) {
            let trimmed = trim(bytes, self.has(flags::SPACE_MARKS));
            at = at.saturating_add(trimmed.start);
            bytes = bytes.get(trimmed).unwrap_or_default();
        }
        let is_prefixed = match self.header.prefix {
            prefix::FIRST => is_first && !text.is_empty(),
            _ => self.is_prefixed(bytes, is_first),
        };
        let segment = Segment::new(bytes, is_prefixed);
        let locate = |error| match error {
            TextError::NoToken { at: place } => TextError::NoToken {
                at: place.saturating_add(at as u32),
            },
            other => other,
        };
        let mut start = 0;
        while start < segment.len() {
            // Parts and words are never empty; without that this would not end.
            let least = start.saturating_add(1);
            let part = segment.until(self.part_end(&segment, start).max(least));
            while start < part.len() {
                let least = start.saturating_add(1);
                let end = self.word_end(&part, start).max(least);
                self.encode_word(&part, start..end, cells, output)
                    .map_err(locate)?;
                start = end;
            }
        }
        Ok(())
    }

    fn has(&self, flag: u32) -> bool {
        self.header.flags & flag != 0
    }

    fn is_prefixed(&self, text: &[u8], is_first: bool) -> bool {
        let starts_with_space =
            text.starts_with(b" ") || self.has(flags::SPACE_MARKS) && text.starts_with(&SPACE_MARK);
        let wanted = match self.header.prefix {
            prefix::ALWAYS => true,
            prefix::UNLESS_SPACE => !starts_with_space,
            prefix::FIRST_UNLESS_SPACE => is_first && !starts_with_space,
            _ => false,
        };
        wanted && !text.is_empty()
    }

    fn encode_word(
        &self,
        segment: &Segment<'_>,
        range: Range<usize>,
        cells: &mut [Cell],
        output: &mut Output<'_>,
    ) -> Result<(), TextError> {
        if self.header.model == model::BYTES {
            for place in range {
                output.push(self.byte_symbol(segment, place)?);
            }
            return Ok(());
        }
        if self.has(flags::WHOLE_WORDS)
            && let Some(token) = self.find(segment.parts(range.clone()))
        {
            output.push(token);
            return Ok(());
        }
        let mut word = Word::new(cells);
        match self.header.unit {
            unit::BYTE => {
                for place in range {
                    word.push(self.byte_symbol(segment, place)?, true);
                }
            }
            _ => self.push_characters(segment, range, &mut word)?,
        }
        word.merge(self)?.for_each(|token| output.push(token));
        Ok(())
    }

    fn byte_symbol(&self, segment: &Segment<'_>, place: usize) -> Result<u32, TextError> {
        let token = segment.byte(place).and_then(|byte| self.byte_token(byte));
        token
            .or(self.unknown())
            .ok_or_else(|| no_token(segment, place))
    }

    /// The symbols of a word's characters.
    fn push_characters(
        &self,
        segment: &Segment<'_>,
        range: Range<usize>,
        word: &mut Word<'_>,
    ) -> Result<(), TextError> {
        let marks = self.has(flags::SPACE_MARKS);
        let mut was_space = false;
        let mut place = range.start;
        while place < range.end {
            let space = segment.space(place, marks);
            let character = segment.character(place).map_or(1, |it| it.bytes);
            let bytes = space.unwrap_or(character);
            let end = place.saturating_add(bytes).min(range.end);
            // U+2581 in a text is a space that stays.
            let is_plain = segment.byte(place) == Some(b' ');
            let is_repeated = was_space && is_plain && self.has(flags::SQUEEZE);
            was_space = is_plain;
            if !is_repeated {
                let key = match space {
                    Some(_) => [b" ".as_slice(), b""],
                    None => segment.parts(place..end),
                };
                self.push_character(key, word)
                    .ok_or_else(|| no_token(segment, place))?;
            }
            place = end;
        }
        Ok(())
    }

    /// The symbols of a character: its own piece, or the tokens of its bytes, or the unknown token; `None` where there
    /// is none of these.
    fn push_character(&self, key: [&[u8]; 2], word: &mut Word<'_>) -> Option<()> {
        if let Some(token) = self.find(key) {
            word.push(token, true);
            return Some(());
        }
        let tokens = || key.into_iter().flatten().map(|&byte| self.byte_token(byte));
        if tokens().all(|token| token.is_some()) {
            tokens().flatten().for_each(|token| word.push(token, false));
            return Some(());
        }
        let unknown = self.unknown()?;
        if !(self.has(flags::FUSE_UNKNOWN) && word.last() == Some(unknown)) {
            word.push(unknown, false);
        }
        Some(())
    }
}

fn no_token(segment: &Segment<'_>, place: usize) -> TextError {
    TextError::NoToken {
        at: segment.in_text(place) as u32,
    }
}

/// What is left of a text without the spaces at its ends.
fn trim(text: &[u8], marks: bool) -> Range<usize> {
    let mut rest = text;
    while let Some(shorter) = rest.strip_prefix(b" ") {
        rest = shorter;
    }
    let start = text.len() - rest.len();
    loop {
        let mark = rest.strip_suffix(&SPACE_MARK).filter(|_| marks);
        let Some(shorter) = rest.strip_suffix(b" ").or(mark) else {
            break;
        };
        rest = shorter;
    }
    start..start.saturating_add(rest.len())
}
