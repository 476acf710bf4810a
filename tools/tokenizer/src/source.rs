use cadet_text::format::{flags, isolate, leading, prefix, splitter, unit};

use crate::Error;

/// A token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Its part of a text, U+2581 already a space where that is what it means; a special token's name.
    pub bytes: Vec<u8>,
    /// Whether merging makes it, and characters are it; otherwise it comes from elsewhere.
    pub is_mergeable: bool,
    /// Bits of [`cadet_text::format::special`].
    pub special: u32,
}

/// How pieces merge.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// They do not: bytes are tokens.
    Bytes,
    /// Any two that are a piece together; the score of each piece, of which the highest goes first.
    Pieces(Vec<f32>),
    /// Those of a list, the first first: tokens of the left and the right part.
    Pairs(Vec<(u32, u32)>),
}

/// A tokenizer as its file describes it, with values of [`cadet_text::format`].
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// The tokens by number.
    pub pieces: Vec<Piece>,
    /// How they merge.
    pub model: Model,
    /// What merging begins with.
    pub unit: u8,
    /// The tokens of bytes; 256 or none.
    pub byte_tokens: Vec<Option<u32>>,
    /// Where a text is cut into words.
    pub splitter: u8,
    /// Most digits of a word, 0 for any number.
    pub digits: u8,
    /// Whether digits are cut out first.
    pub isolate: u8,
    /// Whether a space goes in front.
    pub prefix: u8,
    /// Which first spaces decoding leaves out.
    pub leading: u8,
    /// Other traits.
    pub flags: u32,
    /// The token of what has none.
    pub unknown: Option<u32>,
    /// The token that begins a text.
    pub bos: Option<u32>,
    /// The token that ends a text.
    pub eos: Option<u32>,
    /// The token that fills up.
    pub pad: Option<u32>,
    /// Tokens before a text.
    pub before: Vec<u32>,
    /// Tokens after a text.
    pub after: Vec<u32>,
}

impl Source {
    /// Characters in one word, nothing in front, nothing special.
    pub(crate) fn new(pieces: Vec<Piece>, model: Model) -> Source {
        Source {
            pieces,
            model,
            unit: unit::CHARACTER,
            byte_tokens: Vec::new(),
            splitter: splitter::WHOLE,
            digits: 0,
            isolate: isolate::NONE,
            prefix: prefix::NONE,
            leading: leading::KEPT,
            flags: 0,
            unknown: None,
            bos: None,
            eos: None,
            pad: None,
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    pub(crate) fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    /// The special token of a name, which files of Hugging Face do not tell the purpose of.
    ///
    /// # Errors
    /// [`Error::Malformed`] where there is none.
    pub fn special(&self, name: &str) -> Result<u32, Error> {
        let is_it = |piece: &Piece| piece.special != 0 && piece.bytes == name.as_bytes();
        let place = self.pieces.iter().position(is_it);
        place
            .map(|place| place as u32)
            .ok_or_else(|| Error::malformed(name, "no special token has this name"))
    }

    /// Whether words may be cut before runs of spaces, with the same tokens: nothing merges over that place.
    pub(crate) fn merges_over_spaces(&self) -> bool {
        let mergeable = || self.pieces.iter().filter(|piece| piece.is_mergeable);
        let is_over = |piece: &Piece| {
            piece
                .bytes
                .windows(2)
                .any(|it| it[0] != b' ' && it[1] == b' ')
        };
        mergeable().any(is_over)
            || !mergeable().any(|piece| piece.bytes == b" ")
            || self.has(flags::WHOLE_WORDS)
    }
}
