//! Merging the symbols of a word.
//!
//! The symbols stand in a list in the caller's cells. A tournament tree over the cells holds the best merge of all: its
//! root is found at once, and a merge changes three leaves. So a word of n symbols takes n log n steps and no more
//! memory than its cells, whatever it holds; a heap would need room for merges that are no more.

use crate::format::NO_TOKEN;
use crate::{TextError, Tokenizer};

/// Most symbols of a word.
pub(crate) const MAX_SYMBOLS: usize = u16::MAX as usize;

/// Room for one symbol of a word, 16 bytes. What it holds is the encoder's.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    token: u32,
    /// Rank of the merge with the next symbol.
    rank: u32,
    previous: u16,
    next: u16,
    /// Of node `i` of the tree, in cell `i`: the cell with its best merge.
    winner: u16,
    merges: bool,
}

const _: () = assert!(size_of::<Cell>() == 16);

impl Cell {
    /// A cell to fill an array with.
    pub const EMPTY: Cell = Cell {
        token: NO_TOKEN,
        rank: u32::MAX,
        previous: 0,
        next: 0,
        winner: 0,
        merges: false,
    };

    /// A symbol that merges with its neighbours, or one that does not.
    pub(crate) fn symbol(token: u32, merges: bool) -> Cell {
        Cell {
            token,
            merges,
            ..Cell::EMPTY
        }
    }
}

/// The symbols of a word, as they are put into cells.
pub(crate) struct Word<'c> {
    cells: &'c mut [Cell],
    /// Those that there were, and those that there was no room for.
    len: usize,
}

impl<'c> Word<'c> {
    pub(crate) fn new(cells: &'c mut [Cell]) -> Word<'c> {
        Word { cells, len: 0 }
    }

    pub(crate) fn push(&mut self, token: u32, merges: bool) {
        if let Some(cell) = self.cells.get_mut(self.len) {
            *cell = Cell::symbol(token, merges);
        }
        self.len = self.len.saturating_add(1);
    }

    /// The last symbol.
    pub(crate) fn last(&self) -> Option<u32> {
        self.cells
            .get(self.len.checked_sub(1)?)
            .map(|cell| cell.token)
    }

    /// Merges while there is something to merge, and gives the tokens.
    pub(crate) fn merge(
        self,
        tokenizer: &Tokenizer<'_>,
    ) -> Result<impl Iterator<Item = u32> + use<'c>, TextError> {
        if self.len > MAX_SYMBOLS {
            return Err(TextError::TooLong);
        }
        let needed = self.len as u32;
        let cells = self.cells;
        let cells = cells
            .get_mut(..self.len)
            .ok_or(TextError::ScratchTooSmall { needed })?;
        if cells.len() > 1 {
            link(tokenizer, cells);
            while let Some(position) = best(cells) {
                merge_at(tokenizer, cells, position);
            }
        }
        Ok(Tokens { cells, place: 0 })
    }
}

struct Tokens<'c> {
    cells: &'c [Cell],
    place: usize,
}

impl Iterator for Tokens<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let cell = self.cells.get(self.place)?;
        // A lone cell has no links.
        self.place = usize::from(cell.next).max(self.place.saturating_add(1));
        Some(cell.token)
    }
}

fn link(tokenizer: &Tokenizer<'_>, cells: &mut [Cell]) {
    let count = cells.len();
    for index in 0..count {
        let rank = rank(tokenizer, cells, index, index.saturating_add(1));
        if let Some(cell) = cells.get_mut(index) {
            cell.rank = rank;
            cell.previous = index.saturating_sub(1) as u16;
            cell.next = index.saturating_add(1) as u16;
        }
    }
    for node in (1..count).rev() {
        play(cells, node);
    }
}

/// The rank of the merge of two cells; the highest number where they do not merge.
fn rank(tokenizer: &Tokenizer<'_>, cells: &[Cell], left: usize, right: usize) -> u32 {
    match (cells.get(left), cells.get(right)) {
        (Some(left), Some(right)) if left.merges && right.merges => tokenizer
            .merged(left.token, right.token)
            .map_or(u32::MAX, |(rank, _)| rank),
        _ => u32::MAX,
    }
}

/// Decides a node of the tree. With `n` leaves, node `i` is over nodes `2 i` and `2 i + 1`, node `n + i` is leaf `i`,
/// and node 1 is over all. Of equal ranks the one on the left wins.
fn play(cells: &mut [Cell], node: usize) {
    let count = cells.len();
    let winner = |node: usize| match node.checked_sub(count) {
        Some(leaf) => leaf,
        None => cells.get(node).map_or(0, |cell| usize::from(cell.winner)),
    };
    let (a, b) = (winner(node * 2), winner(node * 2 + 1));
    let key = |index: usize| (cells.get(index).map_or(u32::MAX, |cell| cell.rank), index);
    let best = if key(b) < key(a) { b } else { a };
    if let Some(cell) = cells.get_mut(node) {
        cell.winner = best as u16;
    }
}

fn set_rank(cells: &mut [Cell], index: usize, rank: u32) {
    if let Some(cell) = cells.get_mut(index) {
        cell.rank = rank;
    }
    let mut node = index.saturating_add(cells.len()) / 2;
    while node > 0 {
        play(cells, node);
        node /= 2;
    }
}

/// The cell with the best merge.
fn best(cells: &[Cell]) -> Option<usize> {
    let position = usize::from(cells.get(1)?.winner);
    cells
        .get(position)
        .filter(|cell| cell.rank != u32::MAX)
        .map(|_| position)
}

/// Merges a cell with the next one. Does nothing but forget the merge where tables contradict themselves.
fn merge_at(tokenizer: &Tokenizer<'_>, cells: &mut [Cell], position: usize) {
    let here = cells.get(position).copied().unwrap_or(Cell::EMPTY);
    let next = usize::from(here.next);
    let gone = cells.get(next).copied().unwrap_or(Cell::EMPTY);
    let Some((_, token)) = tokenizer.merged(here.token, gone.token) else {
        return set_rank(cells, position, u32::MAX);
    };
    if let Some(cell) = cells.get_mut(position) {
        cell.token = token;
        cell.next = gone.next;
    }
    if let Some(after) = cells.get_mut(usize::from(gone.next)) {
        after.previous = position as u16;
    }
    set_rank(cells, next, u32::MAX);
    let with_next = rank(tokenizer, cells, position, usize::from(gone.next));
    set_rank(cells, position, with_next);
    if position > 0 {
        let previous = usize::from(here.previous);
        let with_this = rank(tokenizer, cells, previous, position);
        set_rank(cells, previous, with_this);
    }
}
