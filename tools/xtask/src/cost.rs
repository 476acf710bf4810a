//! `cargo xtask cost`: what kernels cost on the board, and on kinds of hosts.

use crate::instructions::counter::Counter;
use crate::{aarch64, setup};
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes `cost.toml` of the board anew, from layers that run on it.
pub(crate) fn write_board(root: &Path) -> Result<()> {
    bless(root, "cost::board", &[("CADET_REQUIRE_QEMU", "1".into())])
}

/// Writes `cost.toml` of the kinds of x86-64 that this machine is anew, in nanoseconds.
pub(crate) fn write_x86(root: &Path) -> Result<()> {
    build(Command::new(env!("CARGO")).args(BUILD).current_dir(root))?;
    let steps = crate::target_folder(root).join("release").join(STEPS);
    bless(root, "cost::host", &[("CADET_STEPS", steps)])
}

/// Writes `cost.toml` of all kinds of AArch64 anew, in instructions that the emulator counts.
pub(crate) fn write_aarch64(root: &Path) -> Result<()> {
    bless(root, "cost::host", &emulated(root)?)
}

fn bless(root: &Path, tests: &str, environment: &[(&str, PathBuf)]) -> Result<()> {
    let status = Command::new(env!("CARGO"))
        .args(["test", "--workspace", "--test", "board", tests])
        .current_dir(root)
        .env("CADET_BLESS", "1")
        .env("CADET_FULL", "1")
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .status()
        .context("cannot start cargo test")?;
    ensure!(status.success(), "the layers failed; cargo shows why above");
    Ok(())
}

/// The program that runs packages step by step.
const STEPS: &str = "examples/steps";
/// What cargo builds it with.
const BUILD: [&str; 6] = [
    "build",
    "--release",
    "--package",
    "cadet-profile",
    "--example",
    "steps",
];

/// What counts the steps of packages on AArch64, by the environment variables in which tests look for it: a program, and
/// the emulator's plugin.
pub(crate) fn emulated(root: &Path) -> Result<[(&'static str, PathBuf); 2]> {
    setup::install_part(root, "aarch64")?;
    build(&mut aarch64::cargo(root, &BUILD))?;
    let folder = aarch64::release(root);
    let plugin = Counter::build(root, &folder)?.plugin;
    Ok([
        ("CADET_STEPS_AARCH64", folder.join(STEPS)),
        ("CADET_COUNTER", plugin),
    ])
}

fn build(cargo: &mut Command) -> Result<()> {
    let status = cargo.status().context("cannot start cargo build")?;
    ensure!(status.success(), "the program to measure does not build");
    Ok(())
}
