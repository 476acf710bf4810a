//! Writes packages, and lays the weights of one out for a processor.

mod assemble;
mod blocks;
mod target;
mod weights;

pub use assemble::{Section, assemble};
pub use blocks::{laid_out, layout};
pub use target::HostTarget;
