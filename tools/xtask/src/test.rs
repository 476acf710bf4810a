//! `cargo xtask test`: everything that is tested, in one command.

use crate::{aarch64, cost, fuzz, setup, x86};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::Command;

/// How much is tested.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Extent {
    /// What every change must pass.
    Normal,
    /// The long sweeps too (`CADET_FULL=1`), older processors and AVX-512 by emulation, and all fuzz targets.
    Full,
}

/// For each fuzz target: enough to see that it works, and what a change has broken for good.
const FUZZ_SECONDS: u32 = 10;

/// Sets up what is missing, then runs the workspace's tests; nothing is skipped for want of a tool.
pub(crate) fn run(root: &Path, extent: Extent) -> Result<()> {
    setup::install(root)?;
    let mut tests = Command::new(env!("CARGO"));
    tests
        .args(["test", "--workspace", "--no-fail-fast"])
        .current_dir(root)
        .env("CADET_PYTHON", setup::python()?)
        .env("CADET_REQUIRE_PYTHON", "1")
        .env("CADET_REQUIRE_QEMU", "1");
    if extent == Extent::Full {
        tests.env("CADET_FULL", "1").envs(cost::emulated(root)?);
    }
    let status = tests.status().context("cannot start cargo test")?;
    ensure!(status.success(), "tests failed; cargo names them above");
    aarch64::test(root, &[aarch64::MAX])?;
    match extent {
        Extent::Normal => Ok(()),
        Extent::Full => {
            aarch64::test(root, &aarch64::OLDER)?;
            x86::test(root)?;
            fuzz::run(root, FUZZ_SECONDS, None)
        }
    }
}
