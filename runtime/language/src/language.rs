use cadet_format::MAX_MEMORY_REGIONS;

use crate::{LanguageError, Model};

/// A language model and how many tokens it has taken in.
///
/// The position is all there is to going back: what several texts have in front in common is fed once, and each of them
/// after [`rewind`](Self::rewind) to where it ends. [`snapshot`](Self::snapshot) keeps a state where another text is to
/// come in between.
///
/// # Memory
/// The model, and two words.
#[derive(Debug)]
pub struct Language<M> {
    model: M,
    /// Tokens that the state holds.
    position: usize,
    /// Whether the logits are those after the last of these.
    has_logits: bool,
}

/// A state to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot<'b> {
    /// Tokens that it holds.
    pub position: usize,
    /// The bytes of all state regions, one after the other. They are of the package that wrote them.
    pub state: &'b [u8],
}

impl<M: Model> Language<M> {
    /// A model that has taken in nothing.
    pub fn new(model: M) -> Language<M> {
        Language {
            model,
            position: 0,
            has_logits: false,
        }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Tokens taken in.
    pub fn position(&self) -> usize {
        self.position
    }

    /// Tokens for which there is room.
    pub fn room(&self) -> usize {
        self.model.context().saturating_sub(self.position)
    }

    /// Takes in tokens after those that are there: whole chunks by the model's pass over a chunk, others and the last
    /// one by one, so that there are logits. No tokens change nothing.
    ///
    /// # Errors
    /// Before anything is taken in: [`NoSuchToken`](LanguageError::NoSuchToken) and
    /// [`ContextFull`](LanguageError::ContextFull). Those of the engine, after which the position says how many tokens
    /// were taken in.
    pub fn feed(&mut self, tokens: &[u32]) -> Result<(), LanguageError> {
        self.check(tokens)?;
        let Some((_, first)) = tokens.split_last() else {
            return Ok(());
        };
        self.has_logits = false;
        let chunk = self.model.chunk();
        let chunked = first.len().checked_div(chunk).unwrap_or(0);
        let chunked = chunked.saturating_mul(chunk);
        let (whole, rest) = tokens.split_at_checked(chunked).unwrap_or_default();
        // A chunk of 0 tokens is none: `whole` is empty then.
        for part in whole.chunks(chunk.max(1)) {
            self.model.prefill(self.position as u32, part)?;
            self.position = self.position.saturating_add(part.len());
        }
        for &token in rest {
            self.model.decode(self.position as u32, token)?;
            self.position = self.position.saturating_add(1);
        }
        self.has_logits = true;
        Ok(())
    }

    /// Whether these tokens could be fed.
    fn check(&self, tokens: &[u32]) -> Result<(), LanguageError> {
        self.check_tokens(tokens)?;
        if tokens.len() > self.room() {
            let room = self.room() as u32;
            return Err(LanguageError::ContextFull { room });
        }
        Ok(())
    }

    /// Whether the model has these tokens.
    pub(crate) fn check_tokens(&self, tokens: &[u32]) -> Result<(), LanguageError> {
        let vocab = self.model.vocab();
        match tokens.iter().find(|&&token| token as usize >= vocab) {
            Some(&token) => Err(LanguageError::NoSuchToken { token }),
            None => Ok(()),
        }
    }

    /// The logits after the last token: of each token, the logarithm of its likelihood up to a sum that is the same for
    /// all.
    ///
    /// # Errors
    /// [`NoLogits`](LanguageError::NoLogits) where nothing was fed since the start, a rewind, a restore, or since they
    /// were taken.
    pub fn logits(&self) -> Result<&[f32], LanguageError> {
        match self.has_logits {
            true => Ok(self.model.logits()?),
            false => Err(LanguageError::NoLogits),
        }
    }

    /// The same, to be changed in place: there are none after that until another token is fed.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn take_logits(&mut self) -> Result<&mut [f32], LanguageError> {
        match core::mem::take(&mut self.has_logits) {
            true => Ok(self.model.logits_mut()?),
            false => Err(LanguageError::NoLogits),
        }
    }

    /// Goes back to where `position` tokens had been taken in, at no cost. There are logits again when a token is fed; to
    /// the present position it changes nothing.
    ///
    /// # Errors
    /// [`NoSuchPosition`](LanguageError::NoSuchPosition) where there are fewer tokens.
    pub fn rewind(&mut self, position: usize) -> Result<(), LanguageError> {
        if position > self.position {
            return Err(LanguageError::NoSuchPosition);
        }
        self.has_logits &= position == self.position;
        self.position = position;
        Ok(())
    }

    /// Bytes of a snapshot.
    pub fn state_bytes(&self) -> usize {
        (0..MAX_MEMORY_REGIONS).fold(0_usize, |sum, region| {
            sum.saturating_add(self.model.state(region).len())
        })
    }

    /// Copies the state to the start of `buffer`: all of it, however many tokens it holds.
    ///
    /// # Errors
    /// [`OutputTooSmall`](LanguageError::OutputTooSmall) where `buffer` has less than
    /// [`state_bytes`](Self::state_bytes).
    pub fn snapshot<'b>(&self, buffer: &'b mut [u8]) -> Result<Snapshot<'b>, LanguageError> {
        let bytes = self.state_bytes();
        let needed = LanguageError::OutputTooSmall {
            needed: bytes as u32,
        };
        let buffer = buffer.get_mut(..bytes).ok_or(needed)?;
        let regions = (0..MAX_MEMORY_REGIONS).flat_map(|region| self.model.state(region));
        for (place, &byte) in buffer.iter_mut().zip(regions) {
            *place = byte;
        }
        Ok(Snapshot {
            position: self.position,
            state: buffer,
        })
    }

    /// Goes back to a snapshot. There are logits again when a token is fed: where the last one of the snapshot is known,
    /// rewind by one and feed it again.
    ///
    /// # Errors
    /// [`WrongState`](LanguageError::WrongState) where the state is of another length, and
    /// [`NoSuchPosition`](LanguageError::NoSuchPosition) where the context has no such position.
    pub fn restore(&mut self, snapshot: &Snapshot<'_>) -> Result<(), LanguageError> {
        if snapshot.state.len() != self.state_bytes() {
            return Err(LanguageError::WrongState);
        }
        if snapshot.position > self.model.context() {
            return Err(LanguageError::NoSuchPosition);
        }
        let mut bytes = snapshot.state.iter();
        for region in 0..MAX_MEMORY_REGIONS {
            let places = self.model.state_mut(region).iter_mut();
            for (place, &byte) in places.zip(&mut bytes) {
                *place = byte;
            }
        }
        self.position = snapshot.position;
        self.has_logits = false;
        Ok(())
    }
}
