use std::path::PathBuf;

use cadet_runtime::Error;

/// Why a package could not be loaded or run on this host.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The file cannot be read.
    #[error("cannot read the package {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not a package that this release reads.
    #[error("{}: {source}", path.display())]
    Package {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: Error,
    },
    /// The runtime refused.
    #[error(transparent)]
    Runtime(#[from] Error),
    /// The sample does not have the input's number of elements.
    #[error("the input has {expected} elements {shape:?}, the sample has {given}")]
    SampleLength {
        /// Elements of the input.
        expected: usize,
        /// Shape of the input.
        shape: Vec<u32>,
        /// Elements given.
        given: usize,
    },
    /// Values of this type are not read and written one by one.
    #[error("tensors of type {dtype} are not converted to real values")]
    NotReal {
        /// Its type.
        dtype: &'static str,
    },
}
