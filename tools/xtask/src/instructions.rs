//! `cargo xtask instructions`: how many instructions an inference takes on AArch64, exactly.

use crate::{aarch64, setup};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs that are counted: those of a program less those of another with one run.
const RUNS: u64 = 4;

/// Prints a line for each package of the folder, with a number for each instruction set.
pub(crate) fn print(root: &Path, folder: &Path) -> Result<()> {
    setup::install_part(root, "aarch64")?;
    let counter = Counter::build(root)?;
    let names = text(counter.program(&[]).output())?;
    let isas: Vec<&str> = names.lines().collect();
    println!("{:<24} {:>14}", "package", isas.join("            "));
    let mut packages: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    packages.retain(|path| path.extension().is_some_and(|it| it == "cadet"));
    packages.sort();
    for package in packages {
        let name = package.file_stem().unwrap_or_default().to_string_lossy();
        let counts: Vec<String> = isas
            .iter()
            .map(|isa| {
                let count = counter.inference(&package, isa);
                // Whole ONNX models and fed packages do not run so.
                count.map_or_else(|_| "-".into(), |it| it.to_string())
            })
            .map(|it| format!("{it:>14}"))
            .collect();
        println!("{name:<24} {}", counts.join(" "));
    }
    Ok(())
}

struct Counter {
    /// The plugin of the emulator.
    plugin: PathBuf,
    /// `repeat`, of cadet-repack.
    program: PathBuf,
}

impl Counter {
    fn build(root: &Path) -> Result<Counter> {
        let arguments = ["build", "--release", "--package", "cadet-repack"];
        let status = aarch64::cargo(root, &arguments)
            .args(["--example", "repeat"])
            .status()
            .context("cannot start cargo build")?;
        ensure!(status.success(), "the program to count does not build");
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(target) => PathBuf::from(target),
            None => root.join("target"),
        };
        let folder = target.join(aarch64::TARGET).join("release/examples");
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
        Ok(Counter {
            plugin,
            program: folder.join("repeat"),
        })
    }

    /// The program in the emulator, with everything that an instruction set may want.
    fn program(&self, emulator_arguments: &[&str]) -> Command {
        let mut command = Command::new(aarch64::EMULATOR);
        command
            .args(["-cpu", "max"])
            .args(emulator_arguments)
            .arg(&self.program);
        command
    }

    /// Instructions of one run of a package.
    fn inference(&self, package: &Path, isa: &str) -> Result<u64> {
        let count = |runs: u64| -> Result<u64> {
            let plugin = format!("file={}", self.plugin.display());
            let mut command = self.program(&["-plugin", &plugin]);
            command.arg(package).args([isa, &runs.to_string()]);
            let output = command.output().context("cannot start the emulator")?;
            let errors = String::from_utf8_lossy(&output.stderr);
            ensure!(output.status.success(), "{isa}: {errors}");
            errors.trim().parse().context("the plugin says no number")
        };
        Ok((count(1 + RUNS)? - count(1)?) / RUNS)
    }
}

/// Version of the interface to plugins that the installed emulator takes.
fn plugin_api() -> Result<u32> {
    let version = text(Command::new(aarch64::EMULATOR).arg("--version").output())?;
    let major = version
        .split_whitespace()
        .find_map(|word| word.split_once('.')?.0.parse::<u32>().ok())
        .with_context(|| format!("no version in '{version}'"))?;
    Ok(if major < 9 { 1 } else { 2 })
}

fn text(output: std::io::Result<Output>) -> Result<String> {
    let output = output.context("cannot start the emulator")?;
    ensure!(output.status.success(), "the emulator failed");
    Ok(String::from_utf8(output.stdout)?)
}
