//! From a [`Source`] to the block of bytes.

use std::collections::{BTreeMap, HashMap};

use bytemuck::Zeroable;
use cadet_text::format::{
    HEADER_BYTES, Header, MAGIC, MAX_PIECE_BYTES, MAX_SPECIALS, NO_TOKEN, Special, Table,
    VERSION_MAJOR, VERSION_MINOR, flags, isolate, model, splitter, unit,
};

use crate::perfect_hash::perfect_hash;
use crate::{Error, Model, Source, UNICODE_VERSION, classes, compositions};

/// Most merges: ranks have 24 bits.
const MAX_PAIRS: usize = 1 << 24;

impl Source {
    /// The block that [`cadet_text::Tokenizer`] reads, a multiple of four bytes.
    ///
    /// # Errors
    /// [`Error::Vocabulary`] where pieces are too long, the same, or cannot be made as the original makes them;
    /// [`Error::Unsupported`] where there are too many, [`Error::Malformed`] where there are none.
    pub fn compile(&self) -> Result<Vec<u8>, Error> {
        if self.pieces.is_empty() {
            return Err(Error::malformed("vocabulary", "no tokens"));
        }
        let by_bytes = self.by_bytes()?;
        let mergeable: Vec<(u32, &[u8])> = by_bytes
            .iter()
            .map(|(bytes, token)| (*token, *bytes))
            .collect();
        let hash = perfect_hash(&mergeable)
            .ok_or_else(|| Error::unsupported("vocabulary", "its size", "use a smaller one"))?;
        let is_narrow = self.pieces.len() <= usize::from(u16::MAX);
        let mut block = Block::new();
        let header = &mut Header::zeroed();

        let ends = self.pieces.iter().scan(0, |end, piece| {
            *end += piece.bytes.len() as u32;
            Some(*end)
        });
        let starts: Vec<u32> = std::iter::once(0).chain(ends).collect();
        header.starts = block.table(&starts);
        let pool: Vec<u8> = self
            .pieces
            .iter()
            .flat_map(|it| &it.bytes)
            .copied()
            .collect();
        header.pool = block.table(&pool);
        header.displacements = block.table(&hash.displacements);
        header.slots = match is_narrow {
            true => block.table(&slots(&hash.slots, u16::MAX, |token| token as u16)),
            false => block.table(&slots(&hash.slots, NO_TOKEN, |token| token)),
        };
        let byte_tokens: Vec<u32> = self
            .byte_tokens
            .iter()
            .map(|it| it.unwrap_or(NO_TOKEN))
            .collect();
        header.bytes = block.table(&byte_tokens);
        match &self.model {
            Model::Bytes => {}
            Model::Pieces(scores) => {
                let ranks = self.ranks(scores, &by_bytes)?;
                header.ranks = match is_narrow {
                    true => block.table(&ranks.iter().map(|rank| *rank as u16).collect::<Vec<_>>()),
                    false => block.table(&ranks),
                };
            }
            Model::Pairs(pairs) => {
                let (starts, rows) = self.pair_rows(pairs, &by_bytes)?;
                header.pair_starts = block.table(&starts);
                header.pairs = block.table(&rows);
            }
        }
        header.specials = block.table(&self.specials()?);
        header.template = block.table(&[self.before.as_slice(), &self.after].concat());
        let needs_classes = self.splitter >= splitter::GPT2 || self.isolate != isolate::NONE;
        if needs_classes {
            header.classes = block.table(&classes::table());
        }
        if self.has(flags::NFC) {
            let tables = compositions::tables();
            header.marks = block.table(&tables.marks);
            header.decompositions = block.table(&tables.decompositions);
            header.compositions = block.table(&tables.compositions);
        }
        if needs_classes || self.has(flags::NFC) {
            let [major, minor, update] = UNICODE_VERSION;
            header.unicode = [major, minor, update, 0];
        }
        self.fill(header, block.bytes.len());
        header.seed = hash.seed;
        header.number_bytes = if is_narrow { 2 } else { 4 };
        block.bytes[..HEADER_BYTES].copy_from_slice(bytemuck::bytes_of(header));
        Ok(block.bytes)
    }

    fn fill(&self, header: &mut Header, length: usize) {
        let some = |token: Option<u32>| token.unwrap_or(NO_TOKEN);
        header.magic = MAGIC;
        header.major = VERSION_MAJOR;
        header.minor = VERSION_MINOR;
        header.length = length as u32;
        header.token_count = self.pieces.len() as u32;
        header.model = match self.model {
            Model::Bytes => model::BYTES,
            Model::Pieces(_) => model::PIECES,
            Model::Pairs(_) => model::PAIRS,
        };
        header.unit = self.unit;
        header.splitter = match self.splitter {
            splitter::WHOLE if self.unit == unit::CHARACTER && !self.merges_over_spaces() => {
                splitter::SPACE_RUNS
            }
            splitter => splitter,
        };
        header.digits = self.digits;
        header.isolate = self.isolate;
        header.prefix = self.prefix;
        header.leading = self.leading;
        header.flags = self.flags;
        header.unknown = some(self.unknown);
        header.bos = some(self.bos);
        header.eos = some(self.eos);
        header.pad = some(self.pad);
        header.longest = self
            .pieces
            .iter()
            .map(|it| it.bytes.len())
            .max()
            .unwrap_or(0) as u32;
        header.before = self.before.len() as u32;
    }

    /// The mergeable pieces, which must differ.
    fn by_bytes(&self) -> Result<BTreeMap<&[u8], u32>, Error> {
        let mut by_bytes = BTreeMap::new();
        for (token, piece) in self.pieces.iter().enumerate() {
            if piece.bytes.len() > MAX_PIECE_BYTES as usize {
                let what = format!(
                    "{} bytes are more than {MAX_PIECE_BYTES}",
                    piece.bytes.len()
                );
                return Err(Error::vocabulary(token, what));
            }
            if !piece.is_mergeable || piece.bytes.is_empty() {
                continue;
            }
            if let Some(other) = by_bytes.insert(piece.bytes.as_slice(), token as u32) {
                let what = format!("the same piece as token {other}");
                return Err(Error::vocabulary(token, what));
            }
        }
        Ok(by_bytes)
    }

    fn specials(&self) -> Result<Vec<Special>, Error> {
        let rows = (0..)
            .zip(&self.pieces)
            .filter(|(_, piece)| piece.special != 0);
        let rows: Vec<Special> = rows
            .map(|(token, piece)| Special {
                token,
                flags: piece.special,
            })
            .collect();
        match rows.len() <= MAX_SPECIALS {
            true => Ok(rows),
            false => Err(Error::unsupported(
                "vocabulary",
                format!("{} special and added tokens", rows.len()),
                format!("leave out all but {MAX_SPECIALS}"),
            )),
        }
    }

    /// Ranks by score, the highest first; none where they are the numbers of the tokens.
    fn ranks(&self, scores: &[f32], by_bytes: &BTreeMap<&[u8], u32>) -> Result<Vec<u32>, Error> {
        let mut made: Vec<u32> = Vec::new();
        for (bytes, &token) in by_bytes {
            let text = str::from_utf8(bytes)
                .map_err(|_| Error::vocabulary(token as usize, "the piece is not UTF-8"))?;
            if text.chars().nth(1).is_none() {
                continue;
            }
            // Merging begins with characters that are pieces.
            let lacks = |it: &char| !by_bytes.contains_key(it.encode_utf8(&mut [0; 4]).as_bytes());
            if let Some(lacking) = text.chars().find(lacks) {
                let what = format!("its character {lacking:?} is no piece");
                return Err(Error::vocabulary(token as usize, what));
            }
            made.push(token);
        }
        let score = |token: &u32| scores.get(*token as usize).copied().unwrap_or(0.0);
        made.sort_by(|a, b| score(b).total_cmp(&score(a)).then(a.cmp(b)));
        let is_descending = |a: &u32, b: &u32| a < b && score(a) > score(b);
        if made.is_sorted_by(is_descending) {
            return Ok(Vec::new());
        }
        let mut ranks = vec![0; self.pieces.len()];
        let (mut rank, mut last) = (0, None);
        for token in made {
            // Equal scores are equal ranks: the merge on the left goes first.
            let score = score(&token);
            rank += u32::from(last.is_some_and(|last| last != score));
            last = Some(score);
            ranks[token as usize] = rank;
        }
        Ok(ranks)
    }

    /// Rows of each token that merges make, by the length of the left part.
    fn pair_rows(
        &self,
        pairs: &[(u32, u32)],
        by_bytes: &BTreeMap<&[u8], u32>,
    ) -> Result<(Vec<u32>, Vec<u32>), Error> {
        if pairs.len() > MAX_PAIRS {
            let what = format!("{} merges", pairs.len());
            return Err(Error::unsupported(
                "merges",
                what,
                "use a smaller vocabulary",
            ));
        }
        let mut rows: HashMap<u32, BTreeMap<u8, u32>> = HashMap::new();
        for (rank, &(left, right)) in (0..).zip(pairs) {
            let part = |token: u32| {
                self.pieces
                    .get(token as usize)
                    .map(|it| it.bytes.as_slice())
            };
            let (Some(first), Some(second)) = (part(left), part(right)) else {
                return Err(Error::malformed(
                    format!("merge {rank}"),
                    "a part is no token",
                ));
            };
            let Some(&token) = by_bytes.get([first, second].concat().as_slice()) else {
                return Err(Error::malformed(
                    format!("merge {rank}"),
                    "what it makes is no token",
                ));
            };
            let bytes = u8::try_from(first.len()).map_err(|_| {
                Error::vocabulary(
                    token as usize,
                    "it is made of a part of more than 255 bytes",
                )
            })?;
            // Of the same merge twice, the last counts.
            rows.entry(token).or_default().insert(bytes, rank);
        }
        let mut starts = vec![0];
        let mut packed = Vec::with_capacity(pairs.len());
        for token in 0..self.pieces.len() as u32 {
            let rows = rows.get(&token).into_iter().flatten();
            packed.extend(rows.map(|(bytes, rank)| rank << 8 | u32::from(*bytes)));
            starts.push(packed.len() as u32);
        }
        Ok((starts, packed))
    }
}

fn slots<T: Copy>(slots: &[Option<u32>], none: T, narrow: impl Fn(u32) -> T) -> Vec<T> {
    slots
        .iter()
        .map(|slot| slot.map_or(none, &narrow))
        .collect()
}

/// A block as it grows: the header's place, then tables.
struct Block {
    bytes: Vec<u8>,
}

impl Block {
    fn new() -> Block {
        Block {
            bytes: vec![0; HEADER_BYTES],
        }
    }

    fn table<T: bytemuck::NoUninit>(&mut self, rows: &[T]) -> Table {
        let offset = self.bytes.len() as u32;
        self.bytes.extend_from_slice(bytemuck::cast_slice(rows));
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        Table {
            offset,
            count: rows.len() as u32,
        }
    }
}
