use crate::{Constraint, Language, LanguageError, Model, Sampler};

/// Where a text ends, besides the end of the context.
#[derive(Clone, Copy, Debug)]
pub struct Limits<'g> {
    /// Tokens that are chosen at most.
    pub max_tokens: u32,
    /// Tokens that end a text: that of a turn's end, say. A [`Writer`](crate::Writer) adds the tokenizer's own.
    pub end_tokens: &'g [u32],
}

/// Why a text has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a token that ends it.
    EndToken,
    /// By a stop string, which is not in the text.
    StopString,
    /// At [`Limits::max_tokens`].
    MaxTokens,
    /// The context is full: the last token could not be taken in.
    ContextFull,
}

/// Writes on after the tokens that a model has taken in, a token a call.
///
/// A token is taken in by the model when the next one is asked for: the last one of a text never is.
pub struct Generation<'g, 'b, M> {
    language: &'g mut Language<M>,
    sampler: &'g mut Sampler<'b>,
    constraint: Option<&'g mut dyn Constraint>,
    limits: Limits<'g>,
    /// Tokens from this number on are not chosen, and this one ends a text, as the tokenizer says.
    pub(crate) vocab: u32,
    pub(crate) eos: Option<u32>,
    /// The last token, which the model has not taken in.
    chosen: Option<u32>,
    count: u32,
    pub(crate) ended: Option<Ended>,
}

impl<'g, 'b, M: Model> Generation<'g, 'b, M> {
    /// A text after what `language` has taken in, which is to have logits.
    pub fn new(
        language: &'g mut Language<M>,
        sampler: &'g mut Sampler<'b>,
        limits: Limits<'g>,
    ) -> Generation<'g, 'b, M> {
        Generation {
            language,
            sampler,
            constraint: None,
            limits,
            vocab: u32::MAX,
            eos: None,
            chosen: None,
            count: 0,
            ended: None,
        }
    }

    /// The same, of tokens that a constraint allows.
    pub fn constrained(mut self, constraint: &'g mut dyn Constraint) -> Generation<'g, 'b, M> {
        self.constraint = Some(constraint);
        self
    }

    /// Chooses the next token; `None` when the text has ended. One that ends it is not given.
    ///
    /// # Errors
    /// [`NoLogits`](LanguageError::NoLogits) where nothing was fed; those of the constraint's and the sampler's choice
    /// ([`Sampler::choose`]), after which there are no logits; those of the engine.
    pub fn next_token(&mut self) -> Result<Option<u32>, LanguageError> {
        if self.ended.is_none() && self.count >= self.limits.max_tokens {
            self.ended = Some(Ended::MaxTokens);
        }
        if self.ended.is_none() && self.chosen.is_some() && self.language.room() == 0 {
            self.ended = Some(Ended::ContextFull);
        }
        if self.ended.is_some() {
            return Ok(None);
        }
        if let Some(token) = self.chosen {
            self.language.feed(&[token])?;
            self.chosen = None;
        }
        let logits = self.language.take_logits()?;
        let vocab = logits.len().min(self.vocab as usize);
        let logits = logits.get_mut(..vocab).unwrap_or_default();
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits);
        }
        let token = self.sampler.choose(logits)?;
        if let Some(constraint) = &mut self.constraint {
            constraint.accept(token);
        }
        if self.eos == Some(token) || self.limits.end_tokens.contains(&token) {
            self.ended = Some(Ended::EndToken);
            return Ok(None);
        }
        self.chosen = Some(token);
        self.count = self.count.saturating_add(1);
        Ok(Some(token))
    }

    /// Why the text has ended; `None` before.
    pub fn ended(&self) -> Option<Ended> {
        self.ended
    }
}
