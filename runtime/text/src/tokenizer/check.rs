//! What must hold of a tokenizer's bytes.

use super::Tokenizer;
use crate::TextError;
use crate::format::{
    MAGIC, MAX_PIECE_BYTES, MAX_SPECIALS, NO_TOKEN, VERSION_MAJOR, class, flags, isolate, leading,
    model, prefix, special, splitter, unit,
};

impl Tokenizer<'_> {
    pub(super) fn check(&self) -> Result<(), TextError> {
        let header = self.header;
        if header.magic != MAGIC {
            return Err(TextError::BadMagic);
        }
        if header.major != VERSION_MAJOR {
            return Err(TextError::UnsupportedVersion);
        }
        match self.is_header_defined() {
            false => Err(TextError::BadHeader),
            true if self.are_tables_right() => Ok(()),
            true => Err(TextError::BadTable),
        }
    }

    fn is_header_defined(&self) -> bool {
        let header = self.header;
        let byte_model = header.model == model::BYTES;
        header.model <= model::PAIRS
            && header.unit <= unit::CHARACTER
            && header.splitter <= splitter::CL100K
            && header.isolate <= isolate::RUNS
            && header.prefix <= prefix::FIRST
            && header.leading <= leading::FIRST_PIECE
            && header.flags & !flags::ALL == 0
            && header.longest <= MAX_PIECE_BYTES
            && !(byte_model && header.unit != unit::BYTE)
            && [header.unknown, header.bos, header.eos, header.pad]
                .iter()
                .all(|&token| self.is_token_or_none(token))
    }

    fn are_tables_right(&self) -> bool {
        let tokens = self.header.token_count as usize;
        let one_more = tokens.checked_add(1);
        let has_pairs = self.header.model == model::PAIRS;
        tokens > 0
            && one_more == Some(self.starts.len())
            && self.starts.is_sorted_by(|a, b| a <= b)
            && self
                .starts
                .last()
                .is_some_and(|&end| end as usize <= self.pool.len())
            && steps(self.starts).all(|bytes| bytes <= self.header.longest)
            && self.are_slots_tokens()
            && matches!(self.bytes.len(), 0 | 256)
            && (self.header.unit != unit::BYTE || self.bytes.len() == 256)
            && self.bytes.iter().all(|&token| self.is_token_or_none(token))
            && matches!(self.ranks.len(), count if count == 0 || count == tokens)
            && self.are_pairs_right(if has_pairs { one_more } else { Some(0) })
            && self.specials.len() <= MAX_SPECIALS
            && self.specials.is_sorted_by(|a, b| a.token < b.token)
            && self
                .specials
                .iter()
                .all(|it| self.is_token(it.token) && it.flags & !special::ALL == 0)
            && self.template.iter().all(|&token| self.is_token(token))
            && are_runs(self.classes)
            && self.classes.iter().all(|row| row >> 24 <= class::SPACE)
            && are_runs(self.marks)
            && self
                .decompositions
                .is_sorted_by(|a, b| a.character() < b.character())
            && self.compositions.is_sorted_by(|a, b| a.pair() < b.pair())
    }

    fn are_slots_tokens(&self) -> bool {
        (0..self.slots.len())
            .filter_map(|index| self.slots.get(index))
            .all(|token| self.is_token_or_none(token))
    }

    /// The rows of a token are searched one by one: that their left parts grow keeps them below 256.
    fn are_pairs_right(&self, starts: Option<usize>) -> bool {
        let ends = self.pair_starts.iter().skip(1);
        let mut ranges = self.pair_starts.iter().zip(ends);
        starts == Some(self.pair_starts.len())
            && ranges.all(|(&start, &end)| {
                let rows = self.pairs.get(start as usize..end as usize);
                rows.is_some_and(|rows| rows.is_sorted_by(|a, b| a & 0xff < b & 0xff))
            })
    }

    fn is_token(&self, token: u32) -> bool {
        token < self.header.token_count
    }

    fn is_token_or_none(&self, token: u32) -> bool {
        token == NO_TOKEN || self.is_token(token)
    }
}

/// Whether rows of a class and a first character are in order.
fn are_runs(rows: &[u32]) -> bool {
    rows.is_sorted_by(|a, b| a & 0x00ff_ffff < b & 0x00ff_ffff)
}

/// Differences of neighbours.
fn steps(sorted: &[u32]) -> impl Iterator<Item = u32> {
    let next = sorted.iter().skip(1);
    sorted.iter().zip(next).map(|(a, b)| b.saturating_sub(*a))
}
