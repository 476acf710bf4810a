//! Writes packages, and lays the weights of one out for a processor.

mod aligned;
mod assemble;
mod blocks;
mod target;
mod weights;

pub use aligned::AlignedBytes;
pub use assemble::{Section, assemble};
pub use blocks::{laid_out, layout};
pub use target::HostTarget;
