use std::path::PathBuf;

/// What can go wrong with a decoder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecoderError {
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
    /// A file is damaged, or of another format than its name promises.
    #[error("{path}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The sizes of a configuration do not go together (those of a file: `Damaged`).
    #[error("decoder configuration: {reason}")]
    Config {
        /// Which key, what it is and what it must be.
        reason: String,
    },
    /// A model has something that decoders here have not; calculating without it would be wrong.
    #[error("{path}: {what} is not supported; {remedy}")]
    Unsupported {
        /// The file or folder.
        path: PathBuf,
        /// The key and its value.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
    /// A tensor is missing, unknown, or not of its shape.
    #[error("tensor `{name}`: {reason}")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An ONNX file, which is one protobuf message, cannot hold so much.
    #[error(
        "the ONNX file would hold {bytes} bytes of constants, and protobuf ends at 2 GiB; \
         export a model with fewer parameters or a shorter context"
    )]
    TooLarge {
        /// Bytes of all constants.
        bytes: u128,
    },
}

impl DecoderError {
    pub(crate) fn damaged(path: &std::path::Path, reason: impl Into<String>) -> Self {
        DecoderError::Damaged {
            path: path.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn tensor(name: &str, reason: impl Into<String>) -> Self {
        DecoderError::Tensor {
            name: name.into(),
            reason: reason.into(),
        }
    }
}
