//! `cargo xtask cost`: what kernels cost on the board, and on this host.

use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// Writes `cost.toml` of the board anew, from layers that run on it.
pub(crate) fn write(root: &Path) -> Result<()> {
    run(root, "the_table_is_what", &[("CADET_BLESS", "1")])
}

/// Writes that of the kind of host that this is, which should have nothing else to do.
pub(crate) fn write_host(root: &Path) -> Result<()> {
    // Without what tests want, as a release is built; what does not belong to the workspace stays as it is.
    let variables = [
        ("CADET_BLESS_HOST", "1"),
        ("CARGO_PROFILE_DEV_OPT_LEVEL", "3"),
        ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
        ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ];
    run(root, "the_table_of_this_host", &variables)
}

fn run(root: &Path, test: &str, variables: &[(&str, &str)]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "board", test])
        .current_dir(root)
        .envs(variables.iter().copied())
        .env("CADET_REQUIRE_QEMU", "1")
        .status()
        .context("cannot start cargo test")?;
    ensure!(status.success(), "the layers failed; cargo shows why above");
    Ok(())
}
