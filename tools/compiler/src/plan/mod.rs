//! Where each buffer lies in the arena: a pure function of sizes and lifetimes.

mod place;

pub(crate) use place::place;

/// A range of arena bytes that must keep its contents for some steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Buffer {
    /// Size in bytes.
    pub(crate) bytes: usize,
    /// First step that touches it.
    pub(crate) first: usize,
    /// Last step that touches it, inclusive.
    pub(crate) last: usize,
}

impl Buffer {
    /// Whether both hold values during some step.
    pub(crate) fn is_live_with(&self, other: &Buffer) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

/// Offsets of buffers in the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Offset in bytes of each buffer, in the order given.
    pub(crate) offsets: Vec<usize>,
    /// Bytes up to the end of the last buffer.
    pub(crate) arena_bytes: usize,
    /// Largest sum of the bytes that are live during one step; no placement needs less.
    pub(crate) lower_bound_bytes: usize,
}
