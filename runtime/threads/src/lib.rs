//! Threads that share the work of a session's steps.
//!
//! ```no_run
//! # fn main() -> Result<(), cadet_runtime::Error> {
//! # let (flash, mut arena) = (&[0u8; 0][..], [0u8; 1024]);
//! use cadet_runtime::{Memory, Package, Session, kernels, scratch_bytes};
//! use cadet_threads::Threads;
//!
//! let threads = Threads::new(2);                       // the caller and one more
//! let package = Package::new(flash)?;
//! let mut scratch = vec![0; scratch_bytes(&package)];
//! let mut session = Session::new(package, Memory::with_arena(&mut arena), kernels::ALL)?;
//! session.set_crew(&threads, &mut scratch);
//! session.run(0)?;
//! # Ok(()) }
//! ```

mod job;
mod pool;

pub use pool::Threads;
