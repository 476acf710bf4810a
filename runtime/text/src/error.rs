/// Why a tokenizer cannot be read, or a text cannot be encoded or decoded. The codes are never reused; `SPEC.md`
/// lists them.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Fewer bytes than a header, or than the header's own length: the block is cut off.
    Truncated,
    /// The first four bytes are not a tokenizer's: these are other bytes.
    BadMagic,
    /// Written for another major version of the format: compile the tokenizer again.
    UnsupportedVersion,
    /// The block does not start at a multiple of four: move it in memory.
    Misaligned,
    /// A header field has a value that this version does not define.
    BadHeader,
    /// A table is out of bounds, of a wrong length or out of order, or names a token that does not exist.
    BadTable,

    /// The text has more tokens than the output has room for; as many as fit are there, and they are its first ones.
    OutputTooSmall {
        /// Tokens of the whole text; bytes, where text is the output.
        needed: u32,
    },
    /// Too few cells for a word of the text: hand over more.
    ScratchTooSmall {
        /// Cells that this word needs.
        needed: u32,
    },
    /// A word has more than 65,535 symbols, or the text more than 2^31 bytes: cut it.
    TooLong,
    /// The text is not UTF-8, and the tokenizer is one of characters.
    InvalidUtf8 {
        /// Bytes before the first that is wrong.
        at: u32,
    },
    /// The vocabulary has no token for a character, and none for what is unknown.
    NoToken {
        /// Its place in the text in bytes.
        at: u32,
    },
    /// No token has this number.
    BadToken {
        /// The number.
        token: u32,
    },
    /// The text is not in normalization form C, which the tokenizer wants: hand it to `normalize` first.
    NeedsNormalization {
        /// Place in bytes up to which it is.
        at: u32,
    },
    /// More than thirty combining marks in a row, which is no text: cut it.
    TooManyMarks {
        /// Where that is, in bytes.
        at: u32,
    },
}

impl TextError {
    /// The number of the error, the same in every release.
    pub const fn code(self) -> u16 {
        match self {
            TextError::Truncated => 401,
            TextError::BadMagic => 402,
            TextError::UnsupportedVersion => 403,
            TextError::Misaligned => 404,
            TextError::BadHeader => 405,
            TextError::BadTable => 406,
            TextError::OutputTooSmall { .. } => 411,
            TextError::ScratchTooSmall { .. } => 412,
            TextError::TooLong => 413,
            TextError::InvalidUtf8 { .. } => 414,
            TextError::NoToken { .. } => 415,
            TextError::BadToken { .. } => 416,
            TextError::NeedsNormalization { .. } => 417,
            TextError::TooManyMarks { .. } => 418,
        }
    }

    /// What went wrong, in a sentence's end.
    pub const fn message(self) -> &'static str {
        match self {
            TextError::Truncated => "the tokenizer is cut off",
            TextError::BadMagic => "this is not a compiled tokenizer",
            TextError::UnsupportedVersion => {
                "the tokenizer has another major version of the format"
            }
            TextError::Misaligned => "the tokenizer does not start at a multiple of four",
            TextError::BadHeader => "a header field of the tokenizer is undefined",
            TextError::BadTable => "a table of the tokenizer is wrong",
            TextError::OutputTooSmall { .. } => "the output buffer is too small",
            TextError::ScratchTooSmall { .. } => "too few cells for a word of the text",
            TextError::TooLong => "a word of the text is too long",
            TextError::InvalidUtf8 { .. } => "the text is not UTF-8",
            TextError::NoToken { .. } => "the vocabulary has no token for a character of the text",
            TextError::BadToken { .. } => "no token has this number",
            TextError::NeedsNormalization { .. } => "the text is not in normalization form C",
            TextError::TooManyMarks { .. } => "the text has too many combining marks in a row",
        }
    }
}

impl core::fmt::Display for TextError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "E{:04}: {}", self.code(), self.message())?;
        match *self {
            TextError::OutputTooSmall { needed } | TextError::ScratchTooSmall { needed } => {
                write!(f, " ({needed} needed)")
            }
            TextError::InvalidUtf8 { at }
            | TextError::NoToken { at }
            | TextError::NeedsNormalization { at }
            | TextError::TooManyMarks { at } => write!(f, " (at byte {at})"),
            TextError::BadToken { token } => write!(f, " ({token})"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for TextError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_two_words() {
        assert!(size_of::<TextError>() <= 8);
        assert!(size_of::<Result<usize, TextError>>() <= 16);
    }

    #[test]
    fn spec_lists_every_code() {
        let spec = include_str!("../SPEC.md");
        let errors = [
            TextError::Truncated,
            TextError::BadMagic,
            TextError::UnsupportedVersion,
            TextError::Misaligned,
            TextError::BadHeader,
            TextError::BadTable,
            TextError::OutputTooSmall { needed: 0 },
            TextError::ScratchTooSmall { needed: 0 },
            TextError::TooLong,
            TextError::InvalidUtf8 { at: 0 },
            TextError::NoToken { at: 0 },
            TextError::BadToken { token: 0 },
            TextError::NeedsNormalization { at: 0 },
            TextError::TooManyMarks { at: 0 },
        ];
        for error in errors {
            let name = std::format!("{error:?}");
            let name = name.split(' ').next().unwrap_or_default();
            let row = std::format!("| {} | {name} |", error.code());
            assert!(spec.contains(&row), "SPEC.md lacks the row {row}");
        }
    }
}
