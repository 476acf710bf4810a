//! `cargo xtask setup`: what the tests need beyond Rust.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Installs what is missing; quick where nothing is.
pub(crate) fn install(root: &Path) -> Result<()> {
    run_script(root, &[])
}

/// Installs one part, by its name in the script.
pub(crate) fn install_part(root: &Path, part: &str) -> Result<()> {
    run_script(root, &[part])
}

fn run_script(root: &Path, parts: &[&str]) -> Result<()> {
    let script = root.join("tools/xtask/setup.sh");
    let status = Command::new("bash")
        .arg(&script)
        .args(parts)
        .status()
        .with_context(|| format!("cannot start bash for {}", script.display()))?;
    ensure!(status.success(), "set-up failed; its messages are above");
    Ok(())
}

/// The Python interpreter that `install` equips with onnx, onnxruntime, tokenizers and sentencepiece.
pub(crate) fn python() -> Result<PathBuf> {
    Ok(cache()?.join("venv/bin/python"))
}

/// The folder of what is not installed for the whole system.
pub(crate) fn cache() -> Result<PathBuf> {
    let cache = match std::env::var_os("XDG_CACHE_HOME") {
        Some(cache) => PathBuf::from(cache),
        None => std::env::home_dir()
            .context("no home directory for the cache")?
            .join(".cache"),
    };
    Ok(cache.join("cadet"))
}
