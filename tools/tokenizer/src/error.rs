/// Why a tokenizer cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not what it should be.
    #[error("{at}: {what}")]
    Malformed {
        /// Where: a path in the JSON, or what was read of other files.
        at: String,
        /// What is wrong.
        what: String,
    },
    /// The file is right, but a device cannot do what it asks for.
    #[error("{at}: {what} is not supported; {advice}")]
    Unsupported {
        /// Where: a path in the JSON, or a field of other files.
        at: String,
        /// What is asked for.
        what: String,
        /// What to do.
        advice: String,
    },
    /// The vocabulary contradicts itself, or is larger than the format allows.
    #[error("token {token}: {what}")]
    Vocabulary {
        /// The token's number.
        token: u32,
        /// What is wrong.
        what: String,
    },
}

impl Error {
    pub(crate) fn malformed(at: impl Into<String>, what: impl Into<String>) -> Error {
        Error::Malformed {
            at: at.into(),
            what: what.into(),
        }
    }

    pub(crate) fn unsupported(
        at: impl Into<String>,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Error {
        Error::Unsupported {
            at: at.into(),
            what: what.into(),
            advice: advice.into(),
        }
    }

    pub(crate) fn vocabulary(token: usize, what: impl Into<String>) -> Error {
        Error::Vocabulary {
            token: token as u32,
            what: what.into(),
        }
    }
}
