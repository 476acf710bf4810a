//! The bytes of a compiled tokenizer: header, tables and their values, as `SPEC.md` describes them.

use bytemuck::{Pod, Zeroable};

/// First bytes of a compiled tokenizer.
pub const MAGIC: [u8; 4] = *b"CTOK";
/// Major version that this crate reads.
pub const VERSION_MAJOR: u16 = 1;
/// Minor version of what is written today.
pub const VERSION_MINOR: u16 = 0;
/// "None", where a token is expected.
pub const NO_TOKEN: u32 = u32::MAX;
/// Longest piece in bytes.
pub const MAX_PIECE_BYTES: u32 = 1024;
/// Most special and added tokens. Each is compared with the text at each place.
pub const MAX_SPECIALS: usize = 8192;
/// The character that SentencePiece writes for a space, U+2581.
pub const SPACE_MARK: [u8; 3] = [0xE2, 0x96, 0x81];

/// What tokens are made of.
pub mod model {
    /// Each byte is a token.
    pub const BYTES: u8 = 0;
    /// Any two neighbours merge that are a piece together, the piece of the lowest rank first (SentencePiece, llama2.c).
    pub const PIECES: u8 = 1;
    /// Neighbours merge as a list of pairs says, the pair of the lowest rank first (GPT-2, Hugging Face).
    pub const PAIRS: u8 = 2;
}

/// What merging begins with.
pub mod unit {
    /// Bytes.
    pub const BYTE: u8 = 0;
    /// Characters; bytes of those that are no pieces.
    pub const CHARACTER: u8 = 1;
}

/// Where a text is cut into words, in which tokens are made.
pub mod splitter {
    /// Nowhere.
    pub const WHOLE: u8 = 0;
    /// Before each run of spaces.
    pub const SPACE_RUNS: u8 = 1;
    /// Before each space.
    pub const SPACES: u8 = 2;
    /// The pattern of GPT-2.
    pub const GPT2: u8 = 3;
    /// The pattern of cl100k, Llama 3 and Qwen 2, with as many digits a word as the header says.
    pub const CL100K: u8 = 4;
}

/// Whether digits are cut out before everything else.
pub mod isolate {
    /// They are not.
    pub const NONE: u8 = 0;
    /// Each by itself.
    pub const EACH: u8 = 1;
    /// Each run of them.
    pub const RUNS: u8 = 2;
}

/// Whether a space goes in front of a text.
pub mod prefix {
    /// None.
    pub const NONE: u8 = 0;
    /// Before every part of the text between special tokens.
    pub const ALWAYS: u8 = 1;
    /// Before those that do not start with one.
    pub const UNLESS_SPACE: u8 = 2;
    /// As `UNLESS_SPACE`, at the start of the text only.
    pub const FIRST_UNLESS_SPACE: u8 = 3;
    /// At the start of the text only, and before a special token too.
    pub const FIRST: u8 = 4;
}

/// Which spaces at the start of a text decoding leaves out.
pub mod leading {
    /// None.
    pub const KEPT: u8 = 0;
    /// One.
    pub const ONE: u8 = 1;
    /// One of each piece until there is something else.
    pub const ALL: u8 = 2;
    /// All of the first piece, those within it too.
    pub const FIRST_PIECE: u8 = 3;
}

/// Bits of [`Header::flags`].
pub mod flags {
    /// Unknown characters in a row are one token.
    pub const FUSE_UNKNOWN: u32 = 1;
    /// A word that is a piece is a token, whatever its merges.
    pub const WHOLE_WORDS: u32 = 2;
    /// Text need not be UTF-8.
    pub const ANY_BYTES: u32 = 4;
    /// U+2581 in a text is a space.
    pub const SPACE_MARKS: u32 = 8;
    /// Spaces at both ends are left out, and runs of them are one.
    pub const SQUEEZE: u32 = 16;
    /// Text is in normalization form C.
    pub const NFC: u32 = 32;
    /// All defined bits.
    pub const ALL: u32 = 63;
}

/// Bits of [`Special::flags`].
pub mod special {
    /// A control token: left out by decoding, and found in a text only where the caller wants that.
    pub const CONTROL: u32 = 1;
    /// Found in a text.
    pub const MATCHED: u32 = 2;
    /// Takes the white space before it along.
    pub const LEFT_STRIP: u32 = 4;
    /// Takes the white space after it along.
    pub const RIGHT_STRIP: u32 = 8;
    /// All defined bits.
    pub const ALL: u32 = 15;
}

/// Classes of characters, the top eight bits of a row of [`Header::classes`].
pub mod class {
    /// None of the others.
    pub const OTHER: u32 = 0;
    /// `\p{L}`.
    pub const LETTER: u32 = 1;
    /// `\p{N}`.
    pub const NUMBER: u32 = 2;
    /// White space.
    pub const SPACE: u32 = 3;
}

/// Where a table lies.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Table {
    /// Bytes from the block's start, a multiple of 4.
    pub offset: u32,
    /// Elements.
    pub count: u32,
}

/// A token that is no ordinary piece.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Special {
    /// Its number.
    pub token: u32,
    /// Bits of [`special`].
    pub flags: u32,
}

/// A character and the two that it is made of: 21 bits each, the character's the lowest, then the second's.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Row {
    /// The low 32 bits.
    pub low: u32,
    /// The high 32 bits.
    pub high: u32,
}

impl Row {
    /// Of a character made of `first` and `second`, which is 0 where it is made of one.
    pub const fn new(character: u32, first: u32, second: u32) -> Row {
        let packed = (first as u64) << 42 | (second as u64) << 21 | character as u64;
        Row {
            low: packed as u32,
            high: (packed >> 32) as u32,
        }
    }

    /// The character.
    pub const fn character(&self) -> u32 {
        self.low & 0x001f_ffff
    }

    /// The two that it is made of.
    pub const fn pair(&self) -> (u32, u32) {
        let packed = (self.high as u64) << 32 | self.low as u64;
        ((packed >> 42) as u32, (packed >> 21) as u32 & 0x001f_ffff)
    }
}

/// The first bytes of a compiled tokenizer.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: [u8; 4],
    /// [`VERSION_MAJOR`].
    pub major: u16,
    /// [`VERSION_MINOR`] of the writer.
    pub minor: u16,
    /// Bytes of the whole block.
    pub length: u32,
    /// Number of tokens.
    pub token_count: u32,
    /// One of [`model`].
    pub model: u8,
    /// One of [`unit`].
    pub unit: u8,
    /// One of [`splitter`].
    pub splitter: u8,
    /// Most digits of a word, 0 for any number.
    pub digits: u8,
    /// One of [`isolate`].
    pub isolate: u8,
    /// One of [`prefix`].
    pub prefix: u8,
    /// One of [`leading`].
    pub leading: u8,
    /// Bytes of a slot and of a rank, 2 or 4.
    pub number_bytes: u8,
    /// Bits of [`flags`].
    pub flags: u32,
    /// The token of what has none, or [`NO_TOKEN`].
    pub unknown: u32,
    /// The token before a text, or [`NO_TOKEN`].
    pub bos: u32,
    /// The token after a text, or [`NO_TOKEN`].
    pub eos: u32,
    /// The token that fills up, or [`NO_TOKEN`].
    pub pad: u32,
    /// Bytes of the longest piece, at most [`MAX_PIECE_BYTES`].
    pub longest: u32,
    /// What hashes start from.
    pub seed: u32,
    /// Version of Unicode of classes, marks and compositions; zeros without these.
    pub unicode: [u8; 4],
    /// Tokens of [`template`](Self::template) that go before a text; the others go after it.
    pub before: u32,
    /// u32: start of each piece in the pool, and the last one's end.
    pub starts: Table,
    /// Bytes of the pieces.
    pub pool: Table,
    /// u16: displacement of each bucket of hashes.
    pub displacements: Table,
    /// u16 or u32: the token of each slot, all ones for none.
    pub slots: Table,
    /// u32: the token of each byte; 256 or none.
    pub bytes: Table,
    /// u16 or u32: rank of each token; none where a token is its own rank.
    pub ranks: Table,
    /// u32: first row of each token in `pairs`, and the last one's end.
    pub pair_starts: Table,
    /// u32: rank, 24 bits, and bytes of the left part, 8 bits.
    pub pairs: Table,
    /// [`Special`], by token.
    pub specials: Table,
    /// u32: tokens around a text.
    pub template: Table,
    /// u32: first character of a run, 24 bits, and its [`class`], 8 bits.
    pub classes: Table,
    /// u32: first character of a run, 24 bits, and its combining class, 8 bits.
    pub marks: Table,
    /// [`Row`]: what characters are made of, by character.
    pub decompositions: Table,
    /// [`Row`]: what two characters make, by these.
    pub compositions: Table,
}

/// Bytes of a header.
pub const HEADER_BYTES: usize = size_of::<Header>();

const _: () = assert!(HEADER_BYTES == 172);
