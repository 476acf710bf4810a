use std::path::PathBuf;

use crate::Use;

/// What can go wrong with data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be read or written.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// `read`, `write` or the like.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file is not what its name promises.
    #[error("{path} is not a usable IDX file: {reason}")]
    Idx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The parts of a dataset do not belong together.
    #[error("dataset `{name}`: {reason}")]
    Mismatch {
        /// The dataset.
        name: String,
        /// What does not fit.
        reason: String,
    },
    /// Rows that are not marked for training were about to be trained on.
    #[error(
        "dataset `{name}` is marked {marked} and must not be trained on; \
         train on the `train` part of a split"
    )]
    NotForTraining {
        /// The dataset.
        name: String,
        /// What it is marked for.
        marked: Use,
    },
}
