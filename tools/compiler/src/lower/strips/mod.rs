//! Runs the first layers of a convolutional network a few rows at a time, so that their large planes are never in
//! memory as a whole: patch-based inference (Lin and others, "MCUNetV2", 2021) with patches as wide as the plane.
//! Rows that the next strip reads again are kept instead of calculated again, so the multiplications stay the same,
//! and so do the results, bit for bit.

mod choose;
mod rows;
mod schedule;
mod segment;
mod write;

pub(super) use choose::cut;
pub(super) use write::drop_unused;
