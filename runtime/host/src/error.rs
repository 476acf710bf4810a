use std::path::PathBuf;

use cadet_runtime::Error;

use crate::OnnxError;

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
    /// The graph of a package that holds one cannot be loaded or run.
    #[error(transparent)]
    Graph(#[from] OnnxError),
    /// A package and the graph in it do not go together.
    #[error(
        "the inputs and outputs of the package's ONNX graph are not those that the package declares"
    )]
    GraphPorts,
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
