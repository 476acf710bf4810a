//! What each step of a package costs on this processor: its time, its multiplications, and what of them the processor could
//! do at best.
//!
//! The engine does nothing for it: a run is a loop over [`Session::step`](cadet_runtime::Session::step), and here is
//! that loop with a clock in it.
#![forbid(unsafe_code)]

mod macs;
mod peak;
mod times;

pub use macs::macs;
pub use peak::Peak;
pub use times::{Profile, Times, profile};
