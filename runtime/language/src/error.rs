use cadet_text::TextError;

/// Why a language model cannot go on. Codes are never reused: those of this crate from 501 on, before them those of the
/// engine and of tokenizers.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LanguageError {
    /// The engine's own error.
    Engine(cadet_format::Error),
    /// The tokenizer's own error.
    Text(TextError),
    /// The package has no program over one token that gives logits, or another run-time scalar than the position.
    NotALanguageModel,
    /// More tokens than the context has room for: cut the prompt, or rewind.
    ContextFull {
        /// Tokens for which there is room.
        room: u32,
    },
    /// The model has no token of this number.
    NoSuchToken {
        /// The number.
        token: u32,
    },
    /// Nothing says what comes next: feed a token first, after a rewind too. A prompt that would be empty has the token
    /// that begins a text.
    NoLogits,
    /// There are not so many tokens to go back to.
    NoSuchPosition,
    /// A logit is NaN or infinity.
    BadLogits,
    /// Every token has a logit of minus infinity: the constraint left none.
    NothingAllowed,
    /// A number of [`Sampling`](crate::Sampling) is outside its bounds.
    BadSampling,
    /// Fewer candidates than the sampling takes.
    TooFewCandidates {
        /// How many it takes.
        needed: u32,
    },
    /// An output is too small.
    OutputTooSmall {
        /// Elements that it needs.
        needed: u32,
    },
    /// A snapshot is not of as many bytes as the model's state.
    WrongState,
    /// A stop string is empty.
    EmptyStop,
}

impl LanguageError {
    /// The number of the error, the same in every release.
    pub const fn code(self) -> u16 {
        match self {
            LanguageError::Engine(error) => error.code(),
            LanguageError::Text(error) => error.code(),
            LanguageError::NotALanguageModel => 501,
            LanguageError::ContextFull { .. } => 502,
            LanguageError::NoSuchToken { .. } => 503,
            LanguageError::NoLogits => 504,
            LanguageError::NoSuchPosition => 505,
            LanguageError::BadLogits => 506,
            LanguageError::NothingAllowed => 507,
            LanguageError::BadSampling => 508,
            LanguageError::TooFewCandidates { .. } => 509,
            LanguageError::OutputTooSmall { .. } => 510,
            LanguageError::WrongState => 511,
            LanguageError::EmptyStop => 512,
        }
    }

    /// What went wrong, in a sentence's end.
    pub const fn message(self) -> &'static str {
        match self {
            LanguageError::Engine(error) => error.message(),
            LanguageError::Text(error) => error.message(),
            LanguageError::NotALanguageModel => "the package is not one of a language model",
            LanguageError::ContextFull { .. } => "the context has no room for so many tokens",
            LanguageError::NoSuchToken { .. } => "the model has no token of this number",
            LanguageError::NoLogits => "no token was fed, so nothing says what comes next",
            LanguageError::NoSuchPosition => "there are fewer tokens than to go back to",
            LanguageError::BadLogits => "a logit is NaN or infinity",
            LanguageError::NothingAllowed => "no token is allowed",
            LanguageError::BadSampling => "a number of the sampling is outside its bounds",
            LanguageError::TooFewCandidates { .. } => "too few candidates for the sampling",
            LanguageError::OutputTooSmall { .. } => "the output is too small",
            LanguageError::WrongState => "the snapshot is of another length than the state",
            LanguageError::EmptyStop => "a stop string is empty",
        }
    }
}

impl From<cadet_format::Error> for LanguageError {
    fn from(error: cadet_format::Error) -> LanguageError {
        LanguageError::Engine(error)
    }
}

impl From<TextError> for LanguageError {
    fn from(error: TextError) -> LanguageError {
        LanguageError::Text(error)
    }
}

impl core::fmt::Display for LanguageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let LanguageError::Text(error) = self {
            return error.fmt(f);
        }
        write!(f, "E{:04}: {}", self.code(), self.message())?;
        match *self {
            LanguageError::ContextFull { room } => write!(f, " (room for {room})"),
            LanguageError::NoSuchToken { token } => write!(f, " ({token})"),
            LanguageError::TooFewCandidates { needed }
            | LanguageError::OutputTooSmall { needed } => write!(f, " ({needed} needed)"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for LanguageError {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn an_error_is_three_words() {
        assert!(size_of::<LanguageError>() <= 12);
    }

    #[test]
    fn what_is_said_has_code_and_number() {
        let said = LanguageError::ContextFull { room: 7 }.to_string();
        assert_eq!(
            said,
            "E0502: the context has no room for so many tokens (room for 7)"
        );
        let inner = TextError::BadToken { token: 9 };
        assert_eq!(LanguageError::from(inner).to_string(), inner.to_string());
    }
}
