//! Puts packages and firmware on boards, emulated ones included.
//!
//! A [`Board`] is a folder under `targets/`. [`flash`] builds the board's firmware with a package inside, runs
//! it, and returns the [`Report`] that the firmware sent: the golden vectors step by step, the outputs, the
//! memory measured by painting and the time.
//!
//! This crate is the only one that reaches hardware. It knows nothing of compilers, kernels or training.
#![forbid(unsafe_code)]

mod board;
mod cost;
mod error;
mod firmware;
mod foretell;
mod package;
mod qemu;
mod report;
mod transcript;

pub use board::{Board, Memory, MemoryRange, Runner};
pub use cost::{CostTable, KernelCost, Unit};
pub use error::FlashError;
pub use firmware::{build_firmware, cargo_for};
pub use foretell::{Foretold, Size, Work};
pub use package::PackageFile;
pub use qemu::{Execution, run_in_qemu};
pub use report::{OutputTensor, Report, StepReport};

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How [`flash`] works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where firmware is built; kept between calls, shared by them.
    pub build_dir: PathBuf,
    /// How long the firmware may run.
    pub timeout: Duration,
}

impl Options {
    /// Builds under the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`), or under the system's temporary
    /// folder where there is no home, and lets the firmware run for two minutes.
    pub fn new() -> Self {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(std::env::home_dir()?.join(".cache")))
            .unwrap_or_else(std::env::temp_dir);
        Self {
            build_dir: cache.join("cadet/firmware"),
            timeout: Duration::from_secs(120),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds the board's firmware around the package, runs it and checks what it reports.
///
/// # Errors
/// Everything that keeps the report from being good: the package or a tool is missing, the firmware does not
/// build, run or end, a golden vector differs (the first step that does is named), or memory outside what the
/// package promises was touched.
pub fn flash(board: &Board, package: &Path, options: &Options) -> Result<Report, FlashError> {
    let package = PackageFile::read(package)?;
    package.check_board(board)?;
    let elf = build_firmware(board, &package, options)?;
    let Runner::Qemu { machine } = &board.runner;
    let execution = run_in_qemu(machine, elf.as_ref(), options.timeout)?;
    let report = Report::decode(&execution, &package)?;
    report.check()?;
    Ok(report)
}
