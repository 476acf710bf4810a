use crate::format::{leading, special};
use crate::{TextError, Tokenizer};

/// Whether control tokens are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Specials {
    /// They are not.
    Skipped,
    /// By their names.
    Shown,
}

/// Makes text of tokens as they come, whole characters only: bytes of a character that is not complete wait for the
/// next token. Bytes that are no UTF-8 become U+FFFD as `String::from_utf8_lossy` has them: one for each longest part
/// of a character.
///
/// # Memory
/// A few bytes; the text goes to the caller's buffer.
#[derive(Clone, Debug)]
pub struct Decoder {
    specials: Specials,
    /// Bytes of a character that is not complete.
    held: [u8; 4],
    held_bytes: u8,
    /// What of the text's first spaces is still left out.
    at_start: bool,
}

/// U+FFFD.
const REPLACEMENT: &[u8] = "\u{fffd}".as_bytes();

impl Decoder {
    /// A decoder at the start of a text.
    pub const fn new(specials: Specials) -> Decoder {
        Decoder {
            specials,
            held: [0; 4],
            held_bytes: 0,
            at_start: true,
        }
    }

    /// A decoder within a text: its first token keeps its space.
    pub const fn within(specials: Specials) -> Decoder {
        let mut decoder = Decoder::new(specials);
        decoder.at_start = false;
        decoder
    }

    /// The text that a token completes, in `out`: often empty, where characters are of several tokens.
    ///
    /// # Memory
    /// [`Tokenizer::push_bytes`] of `out` is enough for every token.
    ///
    /// # Errors
    /// [`BadToken`](TextError::BadToken) and [`OutputTooSmall`](TextError::OutputTooSmall); the decoder is as before.
    pub fn push<'o>(
        &mut self,
        tokenizer: &Tokenizer<'_>,
        token: u32,
        out: &'o mut [u8],
    ) -> Result<&'o str, TextError> {
        let mut next = self.clone();
        let mut text = Text::new(out);
        let piece = tokenizer.piece(token)?;
        let is_control = tokenizer.special_flags(token) & special::CONTROL != 0;
        if !(is_control && self.specials == Specials::Skipped) {
            next.write_piece(tokenizer, token, piece, &mut text);
        }
        let text = text.finish()?;
        *self = next;
        Ok(text)
    }

    /// What is left at the end of a text: U+FFFD for bytes of a character that was never completed. The decoder is then
    /// at the start of a text again.
    ///
    /// # Errors
    /// [`OutputTooSmall`](TextError::OutputTooSmall) where `out` has less than three bytes and there is something.
    pub fn finish<'o>(&mut self, out: &'o mut [u8]) -> Result<&'o str, TextError> {
        let mut text = Text::new(out);
        if self.held_bytes > 0 {
            text.write(REPLACEMENT);
        }
        let text = text.finish()?;
        *self = Decoder::new(self.specials);
        Ok(text)
    }

    /// Writes a piece without the spaces that the start of a text does not show. Those of added tokens and of what
    /// stands for unknown characters are not among them.
    fn write_piece(
        &mut self,
        tokenizer: &Tokenizer<'_>,
        token: u32,
        piece: &[u8],
        text: &mut Text<'_>,
    ) {
        let is_ordinary = tokenizer.special_flags(token) == 0 && tokenizer.unknown() != Some(token);
        if !(self.at_start && is_ordinary) {
            self.at_start &= piece.is_empty();
            return self.write(piece, text);
        }
        let rest = match tokenizer.header.leading {
            leading::ONE | leading::ALL => piece.strip_prefix(b" ").unwrap_or(piece),
            _ => piece,
        };
        let is_over = match tokenizer.header.leading {
            leading::ALL => rest,
            _ => piece,
        };
        self.at_start = is_over.is_empty();
        if tokenizer.header.leading == leading::FIRST_PIECE {
            rest.split(|&byte| byte == b' ')
                .for_each(|part| self.write(part, text));
        } else {
            self.write(rest, text);
        }
    }

    fn write(&mut self, piece: &[u8], text: &mut Text<'_>) {
        for &byte in piece {
            if self.held_bytes == 0 && byte.is_ascii() {
                text.write(&[byte]);
                continue;
            }
            if let Some(place) = self.held.get_mut(usize::from(self.held_bytes)) {
                *place = byte;
                self.held_bytes = self.held_bytes.saturating_add(1);
            }
            self.settle(text);
        }
    }

    /// Writes what of the held bytes is decided: a character, or that there is none.
    fn settle(&mut self, text: &mut Text<'_>) {
        loop {
            let held = self.held;
            let held = held.get(..usize::from(self.held_bytes)).unwrap_or_default();
            let wrong = match core::str::from_utf8(held) {
                Ok(_) => {
                    text.write(held);
                    self.held_bytes = 0;
                    return;
                }
                Err(error) => match error.error_len() {
                    None => return,
                    Some(bytes) => bytes,
                },
            };
            text.write(REPLACEMENT);
            let rest = held.get(wrong..).unwrap_or_default();
            self.held_bytes = rest.len() as u8;
            for (place, &byte) in self.held.iter_mut().zip(rest) {
                *place = byte;
            }
        }
    }
}

/// Text as it comes: as much as there is room for, and all of it counted.
pub(crate) struct Text<'o> {
    out: &'o mut [u8],
    bytes: usize,
}

impl<'o> Text<'o> {
    pub(crate) fn new(out: &'o mut [u8]) -> Text<'o> {
        Text { out, bytes: 0 }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let end = self.bytes.saturating_add(bytes.len());
        if let Some(place) = self.out.get_mut(self.bytes..end) {
            // Their lengths are the same: not that the compiler saw it in `copy_from_slice`.
            for (place, &byte) in place.iter_mut().zip(bytes) {
                *place = byte;
            }
        }
        self.bytes = end;
    }

    pub(crate) fn finish(self) -> Result<&'o str, TextError> {
        let needed = self.bytes as u32;
        let out: &'o [u8] = self.out;
        out.get(..self.bytes)
            .and_then(|text| core::str::from_utf8(text).ok())
            .ok_or(TextError::OutputTooSmall { needed })
    }
}

impl Tokenizer<'_> {
    /// Bytes of text that a token can complete at most: three, those of U+FFFD, for each byte of the longest piece and
    /// of what was held before it.
    pub fn push_bytes(&self) -> usize {
        (self.header.longest as usize)
            .saturating_add(3)
            .saturating_mul(REPLACEMENT.len())
    }

    /// The text of tokens from a text's start on.
    ///
    /// # Errors
    /// [`BadToken`](TextError::BadToken), and [`OutputTooSmall`](TextError::OutputTooSmall) with the bytes of the text
    /// up to the token that did not fit, that one included.
    pub fn decode<'o>(
        &self,
        tokens: &[u32],
        specials: Specials,
        out: &'o mut [u8],
    ) -> Result<&'o str, TextError> {
        let mut decoder = Decoder::new(specials);
        let mut bytes = 0_usize;
        let more = |bytes: usize, error| match error {
            TextError::OutputTooSmall { needed } => TextError::OutputTooSmall {
                needed: needed.saturating_add(bytes as u32),
            },
            other => other,
        };
        for &token in tokens {
            let rest = out.get_mut(bytes..).unwrap_or_default();
            let text = decoder.push(self, token, rest);
            bytes = bytes.saturating_add(text.map_err(|error| more(bytes, error))?.len());
        }
        let rest = out.get_mut(bytes..).unwrap_or_default();
        let text = decoder.finish(rest);
        bytes = bytes.saturating_add(text.map_err(|error| more(bytes, error))?.len());
        let text = Text { out, bytes };
        text.finish()
    }
}
