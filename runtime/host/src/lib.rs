//! Loads packages on hosts and runs whole ONNX graphs with tract.

#[cfg(feature = "threads")]
mod crew;
mod error;
mod graph_session;
mod memory;
mod onnx_runner;
mod package_file;
mod paint;
mod real;
mod session;
mod tract_bytes;

pub use cadet_repack::AlignedBytes;
#[cfg(feature = "threads")]
pub use crew::HostCrew;
pub use error::HostError;
pub use graph_session::GraphSession;
pub use memory::HostMemory;
pub use onnx_runner::{FloatTensor, OnnxError, OnnxRunner, ValueShape};
pub use package_file::PackageFile;
pub use paint::{MeasuredMemory, measure_memory};
pub use real::{read_real, real_values, write_real};
pub use session::HostSession;
