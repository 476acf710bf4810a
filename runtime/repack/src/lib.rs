//! Writes packages, and lays the weights of one out for a processor.

mod aligned;
mod assemble;
mod blocks;

pub use aligned::AlignedBytes;
pub use assemble::{Section, assemble};
pub use blocks::{blocked, layout};
