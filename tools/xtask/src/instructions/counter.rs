//! Counting what a program executes in the emulator.

use crate::aarch64;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs that are counted: those of a program less those of another with one run.
const RUNS: u64 = 4;

/// The emulator with a plugin that counts.
pub(crate) struct Counter {
    /// Where the plugin lies.
    pub(crate) plugin: PathBuf,
}

impl Counter {
    /// Builds the plugin in `folder`.
    pub(crate) fn build(root: &Path, folder: &Path) -> Result<Counter> {
        let plugin = folder.join("count_instructions.so");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra"])
            .arg(format!("-DPLUGIN_API={}", plugin_api()?))
            .arg("-o")
            .arg(&plugin)
            .arg(root.join("tools/xtask/src/instructions/plugin.c"))
            .status()
            .context("cannot start cc")?;
        ensure!(status.success(), "the emulator's plugin does not build");
        Ok(Counter { plugin })
    }

    /// Instructions of one run of what `program` runs as often as its last argument says. `prepare` adds the arguments
    /// before that, and what else the program wants.
    pub(super) fn inference(
        &self,
        processor: &str,
        program: &Path,
        prepare: impl Fn(&mut Command),
    ) -> Result<u64> {
        let count = |runs: u64| -> Result<u64> {
            let mut command = Command::new(aarch64::EMULATOR);
            command
                .args(["-cpu", processor])
                .args(["-plugin", &format!("file={}", self.plugin.display())])
                .arg(program);
            prepare(&mut command);
            command.arg(runs.to_string());
            let output = command.output().context("cannot start the emulator")?;
            let errors = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "{}: {errors}", program.display());
            errors.trim().parse().context("the plugin says no number")
        };
        let (more, one) = (count(1 + RUNS)?, count(1)?);
        Ok(more.saturating_sub(one) / RUNS)
    }
}

/// Version of the interface to plugins that the installed emulator takes.
fn plugin_api() -> Result<u32> {
    let version = aarch64::said(Command::new(aarch64::EMULATOR).arg("--version"))?;
    let major = version
        .split_whitespace()
        .find_map(|word| word.split_once('.')?.0.parse::<u32>().ok())
        .with_context(|| format!("no version in '{version}'"))?;
    Ok(if major < 9 { 1 } else { 2 })
}
