use crate::{Board, FlashError, Options, PackageFile};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempPath;

/// Builds the board's firmware with the package inside and returns the ELF file, which is deleted when the
/// returned path is dropped.
///
/// Calls that share a build folder wait for each other.
///
/// # Errors
/// [`FlashError::ToolMissing`] without cargo or the Rust target, [`FlashError::Build`] where the build fails, a
/// package too large for the board included.
pub fn build_firmware(
    board: &Board,
    package: &PackageFile,
    options: &Options,
) -> Result<TempPath, FlashError> {
    let build_dir = options.build_dir.join(&board.name);
    std::fs::create_dir_all(&build_dir).map_err(failed("create", &build_dir))?;
    let lock_path = build_dir.join("cadet.lock");
    let lock = File::create(&lock_path).map_err(failed("create", &lock_path))?;
    lock.lock().map_err(failed("lock", &lock_path))?;

    let package_path = package
        .path()
        .canonicalize()
        .map_err(failed("find", package.path()))?;
    let mut cargo = cargo_for(board, "build")?;
    cargo
        .args(["--quiet", "--release"])
        .arg("--target-dir")
        .arg(&build_dir)
        .current_dir(board.folder.join("firmware"))
        .env("CADET_PACKAGE", &package_path);
    let output = cargo.output().map_err(missing("cargo"))?;
    if !output.status.success() {
        return Err(FlashError::Build {
            board: board.name.clone(),
            output: String::from_utf8_lossy(&output.stderr).trim_end().into(),
        });
    }

    // The next build overwrites the file, so it gets a name of its own while the lock is held.
    let built = build_dir
        .join(&board.rust_target)
        .join("release")
        .join(format!("{}-firmware", board.name));
    let copy = tempfile::Builder::new()
        .suffix(".elf")
        .tempfile_in(&build_dir)
        .map_err(failed("write to", &build_dir))?
        .into_temp_path();
    std::fs::copy(&built, &copy).map_err(failed("copy", &built))?;
    Ok(copy)
}

/// A cargo command for the board's Rust target. Its `core` is built from source where only that is installed.
///
/// # Errors
/// [`FlashError::ToolMissing`] where neither the target nor the source is installed.
pub fn cargo_for(board: &Board, subcommand: &str) -> Result<Command, FlashError> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "sysroot"])
        .output()
        .map_err(missing("rustc"))?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let rustlib = sysroot.join("lib/rustlib");

    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args([subcommand, "--target", &board.rust_target])
        .stdin(Stdio::null());
    if rustlib.join(&board.rust_target).join("lib").is_dir() {
        return Ok(cargo);
    }
    if !rustlib.join("src/rust/library/core").is_dir() {
        return Err(FlashError::ToolMissing {
            tool: format!("the Rust target {}", board.rust_target),
        });
    }
    cargo
        .args(["-Z", "build-std=core"])
        .env("RUSTC_BOOTSTRAP", "1");
    Ok(cargo)
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> FlashError + use<> {
    let path = path.to_path_buf();
    move |source| FlashError::File {
        action,
        path,
        source,
    }
}

/// A program that does not start is not installed.
pub(crate) fn missing(tool: &'static str) -> impl FnOnce(std::io::Error) -> FlashError {
    move |_| FlashError::ToolMissing { tool: tool.into() }
}
