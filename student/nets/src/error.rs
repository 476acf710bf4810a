use std::path::PathBuf;

use cadet_data::DataError;

/// What can go wrong with networks and their training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetsError {
    /// The architecture cannot be built for the data.
    #[error("architecture `{family}`: {reason}")]
    Architecture {
        /// `cnn`, `ds-cnn` or `mlp`.
        family: &'static str,
        /// What does not fit.
        reason: String,
    },
    /// The training settings cannot be used.
    #[error("training: {reason}")]
    Config {
        /// What is wrong with them.
        reason: String,
    },
    /// The data must not be used this way.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A checkpoint cannot be read or written.
    #[error("cannot {action} the checkpoint {path}: {reason}")]
    Checkpoint {
        /// `read` or `write`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The caller asked training to stop; its checkpoint holds the last full epoch.
    #[error("training was interrupted; run it again to resume from its last full epoch")]
    Interrupted,
    /// The loss is no longer a number.
    #[error("training diverged in epoch {epoch}: the loss is {loss}; lower the learning rate")]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// The loss.
        loss: f32,
    },
}
