//! `cargo xtask coverage`: the edge set of the ONNX node tests, and the table of what we cover.

use crate::setup;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

const ARCHIVE: &str = "onnx-backend-tests/onnx-1.23.2-node-1884.tar.xz";

/// Writes `edge_set.tsv` and `COVERAGE.md` in `tools/compiler` anew; fails where a value is wrong.
pub(crate) fn write(root: &Path) -> Result<()> {
    let data =
        std::env::var_os("CADET_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let archive = data.join(ARCHIVE);
    ensure!(
        archive.exists(),
        "no {} (set CADET_DATA)",
        archive.display()
    );
    let folder = root.join("tools/compiler/coverage");
    let listed = Command::new(setup::python()?)
        .arg(folder.join("edge_set.py"))
        .arg(archive)
        .output()
        .context("cannot start Python; `cargo xtask setup` installs it")?;
    ensure!(
        listed.status.success(),
        "edge_set.py failed: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    std::fs::write(folder.join("edge_set.tsv"), listed.stdout)
        .context("cannot write edge_set.tsv")?;
    let status = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "it", "coverage"])
        .current_dir(root)
        .env("CADET_BLESS", "1")
        .status()
        .context("cannot start cargo test")?;
    ensure!(status.success(), "the suite failed; cargo shows why above");
    Ok(())
}
