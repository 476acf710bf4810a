use cadet_text::{Decoder, Specials, Tokenizer};

use crate::stops::Stops;
use crate::{Ended, Generation, LanguageError, Model};

/// Writes on after what a model has taken in, as text: of whole characters, up to a stop string or the end.
///
/// # Memory
/// A few words; what is held back is kept as a part of a stop string.
pub struct Writer<'g, 'b, M> {
    generation: Generation<'g, 'b, M>,
    tokenizer: Tokenizer<'g>,
    decoder: Decoder,
    stops: Stops<'g>,
    is_over: bool,
}

impl<'g, 'b, M: Model> Writer<'g, 'b, M> {
    /// The text of a generation. It ends at the tokenizer's end of a text too, and tokens that the tokenizer does not
    /// have are not chosen. The names of control tokens are not in the text, and spaces at its start are: it goes on
    /// after a prompt.
    ///
    /// # Errors
    /// [`EmptyStop`](LanguageError::EmptyStop).
    pub fn new(
        mut generation: Generation<'g, 'b, M>,
        tokenizer: Tokenizer<'g>,
        stops: &'g [&'g str],
    ) -> Result<Writer<'g, 'b, M>, LanguageError> {
        generation.vocab = tokenizer.token_count();
        generation.eos = tokenizer.eos();
        Ok(Writer {
            generation,
            tokenizer,
            decoder: Decoder::within(Specials::Skipped),
            stops: Stops::new(stops)?,
            is_over: false,
        })
    }

    /// Bytes of a buffer that has room for every part.
    pub fn part_bytes(&self) -> usize {
        // In front, what was held back.
        let decoded = self.tokenizer.push_bytes();
        self.stops.longest().saturating_add(decoded)
    }

    /// Chooses a token and gives the text that it completes, in `buffer`: often empty, where a character or a stop string
    /// may be beginning. `None` when the text has ended and all of it was given.
    ///
    /// # Errors
    /// [`OutputTooSmall`](LanguageError::OutputTooSmall) before anything is done where `buffer` has less than
    /// [`part_bytes`](Self::part_bytes); those of [`Generation::next_token`].
    pub fn next_text<'o>(
        &mut self,
        buffer: &'o mut [u8],
    ) -> Result<Option<&'o str>, LanguageError> {
        let bytes = self.part_bytes();
        let needed = LanguageError::OutputTooSmall {
            needed: bytes as u32,
        };
        let buffer = buffer.get_mut(..bytes).ok_or(needed)?;
        if self.is_over {
            return Ok(None);
        }
        let token = self.generation.next_token()?;
        // What is held back goes in front of what is read: no byte is overwritten before.
        let start = self.stops.longest();
        let place = buffer.get_mut(start..).unwrap_or_default();
        let text = match token {
            Some(token) => self.decoder.push(&self.tokenizer, token, place)?,
            None => self.decoder.finish(place)?,
        };
        let end = start.saturating_add(text.len());
        self.is_over = token.is_none();
        let mut out = Out { buffer, bytes: 0 };
        for at in start..end {
            let byte = out.buffer.get(at).copied().unwrap_or_default();
            if self.stops.take(byte, |byte| out.push(byte)) {
                self.generation.ended = Some(Ended::StopString);
                self.is_over = true;
                break;
            }
        }
        if self.is_over {
            self.stops.release(|byte| out.push(byte));
        }
        let Out { buffer, bytes } = out;
        let text = buffer.get(..bytes).unwrap_or_default();
        // Stop strings begin and end where characters do, so it is UTF-8.
        let text = core::str::from_utf8(text).unwrap_or_default();
        Ok((token.is_some() || !text.is_empty()).then_some(text))
    }

    /// The text in owned parts, none of them empty: `N` is at least [`part_bytes`](Self::part_bytes). An error is the
    /// last item.
    pub fn parts<const N: usize>(&mut self) -> Parts<'_, 'g, 'b, M, N> {
        Parts { writer: self }
    }

    /// Why the text has ended; `None` before.
    pub fn ended(&self) -> Option<Ended> {
        self.generation.ended()
    }
}

struct Out<'o> {
    buffer: &'o mut [u8],
    bytes: usize,
}

impl Out<'_> {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.bytes) {
            *place = byte;
        }
        self.bytes = self.bytes.saturating_add(1);
    }
}

/// The parts of a text: [`Writer::parts`].
pub struct Parts<'w, 'g, 'b, M, const N: usize> {
    writer: &'w mut Writer<'g, 'b, M>,
}

impl<M: Model, const N: usize> Iterator for Parts<'_, '_, '_, M, N> {
    type Item = Result<heapless::String<N>, LanguageError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut buffer = [0; N];
        loop {
            match self.writer.next_text(&mut buffer) {
                Ok(Some("")) => {}
                // A text in a buffer of N bytes has at most as many.
                Ok(text) => return Some(Ok(heapless::String::try_from(text?).unwrap_or_default())),
                Err(error) => {
                    self.writer.is_over = true;
                    return Some(Err(error));
                }
            }
        }
    }
}
