use std::path::PathBuf;
use std::time::Duration;

/// Why a package could not be run on a board.
#[non_exhaustive]
#[derive(Debug, thiserror::Error)]
pub enum FlashError {
    /// No checkout around the current folder.
    #[error("no targets folder in {} or above it; name one with --targets", start.display())]
    NoTargets {
        /// Where the search began.
        start: PathBuf,
    },
    /// No board has this name.
    #[error("no board {name} in {}; there are: {}", targets.display(), known.join(", "))]
    UnknownBoard {
        /// The name asked for.
        name: String,
        /// The folder searched.
        targets: PathBuf,
        /// The boards in it.
        known: Vec<String>,
    },
    /// A board description is missing or malformed.
    #[error("{}: {reason}", path.display())]
    BoardFile {
        /// The file.
        path: PathBuf,
        /// What is wrong, with key and line where they are known.
        reason: String,
    },
    /// A file or folder cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The file is no good package.
    #[error("{}: {error}", path.display())]
    Package {
        /// The file.
        path: PathBuf,
        /// The reader's answer.
        error: cadet_format::Error,
    },
    /// The package cannot run on this board.
    #[error("{} cannot run on {board}: {reason}", path.display())]
    DoesNotFit {
        /// The package.
        path: PathBuf,
        /// The board.
        board: String,
        /// Why not.
        reason: String,
    },
    /// A program that this needs is not installed.
    #[error("{tool} is not installed; in a checkout of cadet, `cargo xtask setup` installs it")]
    ToolMissing {
        /// The program or Rust target.
        tool: String,
    },
    /// The firmware does not build.
    #[error("the firmware of {board} does not build:\n{output}")]
    Build {
        /// The board.
        board: String,
        /// What the build printed.
        output: String,
    },
    /// The firmware ran for too long.
    #[error("the firmware did not end within {} s, so it was stopped", after.as_secs_f32())]
    Timeout {
        /// How long it was given.
        after: Duration,
    },
    /// The firmware or the emulator ended badly.
    #[error("the firmware crashed {progress} ({status}){}{stderr}", if stderr.is_empty() { "" } else { ":\n" })]
    Crashed {
        /// How far it had come.
        progress: String,
        /// How it ended.
        status: String,
        /// What the emulator said.
        stderr: String,
    },
    /// The firmware did not say what it should.
    #[error("the firmware's report is unusable: {reason}")]
    BadReport {
        /// What is wrong with it.
        reason: String,
    },
    /// The runtime on the board refused the package or failed.
    #[error("the board reports {}", describe(*code))]
    Device {
        /// Code of the runtime's error.
        code: u16,
    },
    /// A golden vector gave another result than the package promises.
    #[error("golden vector {vector} differs from step {step} ({name}) on: CRC {crc:08x}")]
    Mismatch {
        /// Index of the golden vector.
        vector: u32,
        /// The first step that differs.
        step: u32,
        /// The step's name.
        name: String,
        /// CRC-32 that the board computed.
        crc: u32,
    },
    /// Memory beside a buffer was overwritten.
    #[error("the {memory} was to use {promised} bytes, and memory beside it was overwritten")]
    MemoryOverrun {
        /// Arena or state.
        memory: &'static str,
        /// Bytes promised.
        promised: u32,
    },
}

fn describe(code: u16) -> String {
    match cadet_format::Error::from_code(code) {
        Some(error) => error.to_string(),
        None => format!("error {code}, which this release does not know"),
    }
}
