//! `cargo xtask cost`: what kernels cost on the board.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// Writes `cost.toml` of the board anew, from layers that run on it.
pub(crate) fn write(root: &Path) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "board", "cost"])
        .current_dir(root)
        .env("CADET_BLESS", "1")
        .env("CADET_REQUIRE_QEMU", "1")
        .status()
        .context("cannot start cargo test")?;
    ensure!(status.success(), "the layers failed; cargo shows why above");
    Ok(())
}
