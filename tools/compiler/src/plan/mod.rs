//! Where each buffer lies in the arena: a pure function of sizes, lifetimes and the overlaps that
//! kernels allow.

mod bound;
mod conflicts;
mod place;
mod search;

use cadet_kernels::Overlap;

pub(crate) use bound::{lower_bound, peak};
pub(crate) use search::place;

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

/// Leave for the output of a step to overlap an input of it. It counts where the input's last step
/// is the output's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overwrite {
    /// Index of the buffer that the step reads.
    pub(crate) input: usize,
    /// Index of the buffer that the step writes.
    pub(crate) output: usize,
    /// How near they may start to each other.
    pub(crate) overlap: Overlap,
}

/// Offsets of buffers in the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    /// Offset in bytes of each buffer, in the order given.
    pub(crate) offsets: Vec<usize>,
    /// Bytes up to the end of the last buffer.
    pub(crate) arena_bytes: usize,
    /// Most bytes that the live buffers of one step take at the least, whatever the other steps
    /// need; no placement needs less.
    pub(crate) lower_bound_bytes: usize,
}
