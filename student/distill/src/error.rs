use std::path::PathBuf;

use cadet_compiler::CompileError;
use cadet_data::DataError;
use cadet_host::{HostError, OnnxError};
use cadet_nets::NetsError;

/// What can go wrong between a recipe and its report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistillError {
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
    /// The recipe is not well-formed; the message names the key and the line.
    #[error("recipe {path}: {message}")]
    Recipe {
        /// The recipe.
        path: PathBuf,
        /// What is wrong, with line and key.
        message: String,
    },
    /// The run directory holds a run of another recipe.
    #[error(
        "{path} holds a run of another recipe (sha256 {found}, this one is {expected}); \
         change `name` in the recipe, pass another folder, or move that one away"
    )]
    OtherRecipe {
        /// The run directory.
        path: PathBuf,
        /// Hash of the recipe in it.
        found: String,
        /// Hash of the recipe asked for.
        expected: String,
    },
    /// The folder holds something that is not a run.
    #[error("{path} exists and is not a run directory; nothing was changed in it")]
    NotARun {
        /// The folder.
        path: PathBuf,
    },
    /// Another process works in the run directory.
    #[error("{path} is in use by another process")]
    Busy {
        /// The run directory.
        path: PathBuf,
    },
    /// The teacher and the data do not belong together.
    #[error("teacher `{teacher}`: {reason}")]
    Teacher {
        /// Name of the teacher.
        teacher: String,
        /// What does not fit.
        reason: String,
    },
    /// The teacher's model cannot be used.
    #[error("teacher {path}: {source}")]
    TeacherModel {
        /// The model file.
        path: PathBuf,
        /// The reason.
        source: OnnxError,
    },
    /// The student cannot be compiled.
    #[error("cannot pack the student: {0}")]
    Compile(#[from] CompileError),
    /// The package cannot be run.
    #[error("cannot run the packaged student: {0}")]
    Engine(#[from] HostError),
    /// The student is larger than the recipe allows.
    #[error(
        "the {what} of the student takes {bytes} bytes, the recipe's budget is {limit}; \
         make the student smaller or the budget larger"
    )]
    OverBudget {
        /// `package` or `arena`.
        what: &'static str,
        /// What it takes.
        bytes: usize,
        /// What it may take.
        limit: usize,
    },
    /// See [`DataError`].
    #[error(transparent)]
    Data(#[from] DataError),
    /// See [`NetsError`].
    #[error(transparent)]
    Nets(#[from] NetsError),
    /// The caller asked the run to stop.
    #[error("the run was interrupted; run the same command again to go on")]
    Interrupted,
}

impl DistillError {
    pub(crate) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| DistillError::Io {
            action,
            path,
            source,
        }
    }
}
