//! Runs a cadet package in fixed memory: no std, no allocation, no panic, no recursion.
//!
//! ```no_run
//! # fn main() -> Result<(), cadet_runtime::Error> {
//! # let (flash, samples) = (&[0u8; 0][..], [0i8; 490]);
//! # #[repr(align(16))] struct Aligned([u8; 16 * 1024]);
//! use cadet_runtime::{Memory, Package, Session, kernels};
//!
//! let package = Package::new(flash)?;                  // checked once, then used in place
//! let mut arena = Aligned([0; 16 * 1024]);             // at least ARENA_BYTES of the package
//! let mut session = Session::new(package, Memory::with_arena(&mut arena.0), kernels::ALL)?;
//! session.write_input(0, 0, &samples)?;
//! session.run(0)?;
//! let scores: &[i8] = session.read_output(0, 0)?;
//! # Ok(()) }
//! ```
//!
//! This crate knows nothing of ONNX, files or boards; what an operator computes is the business of
//! `cadet-kernels`, what a package means that of `cadet-format`.
#![no_std]
#![forbid(unsafe_code)]

pub mod kernels;

mod context;
#[cfg(feature = "crew")]
mod crew;
mod memory;
mod ops;
mod self_test;
mod session;

pub use cadet_format::{Error, Package, TensorInfo};
#[cfg(feature = "crew")]
pub use cadet_kernels::Team;
pub use context::{Context, Element, Operand};
#[cfg(feature = "crew")]
pub use crew::scratch_bytes;
pub use kernels::{Kernel, StepFn};
pub use memory::Memory;
pub use self_test::{Divergence, run_golden, self_test};
pub use session::{Feed, Session};
