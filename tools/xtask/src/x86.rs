//! Kernels for instruction sets of x86-64 that the machine may lack, emulated: a Linux kernel whose first process are
//! the tests, in Bochs. Those for AVX-VNNI run as AVX-512 encodes their dot products, and are disassembled.

mod disassembly;
mod machine;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setup;

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// Programs that need nothing but the system's kernel, since there is no file beside them, and are small to load.
const FLAGS: &str = "-C target-feature=+crt-static -C strip=symbols";
/// The best instruction set of the emulated processor.
const ISA: &str = "avx512vnni";
/// The tests that run every instruction set, and the one that says which these are.
const TESTS: &[&str] = &[
    "by_every_isa",
    "blocked::tests",
    "isa::tests",
    "peak::tests",
];
/// Cases of each property: the emulator takes a few hundred times as long as the processor.
const PROPERTY_CASES: u32 = 64;

/// Runs the tests of the kernels there, and disassembles those that cannot run there.
pub(crate) fn test(root: &Path) -> Result<()> {
    setup::install_part(root, "x86")?;
    disassembly::check(root)?;
    let program = build(root)?;
    eprintln!("tests on x86-64 with {ISA}, emulated");
    let cases = format!("PROPTEST_CASES={PROPERTY_CASES}");
    let isa = format!("CADET_REQUIRE_ISA={ISA}");
    let mut arguments = vec!["--test-threads=1"];
    arguments.extend(TESTS);
    machine::run(&program, &[&cases, &isa], &arguments)
}

/// A message of cargo, as far as it says what was built.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

/// The kernels' tests as a program.
fn build(root: &Path) -> Result<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["test", "--package", "cadet-kernels", "--lib", "--no-run"])
        .args(["--target", TARGET, "--message-format", "json"])
        .current_dir(root)
        .env("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS", FLAGS);
    let mut programs = built(&mut cargo)?
        .into_iter()
        .filter_map(|it| it.executable);
    programs.next().context("cargo names no program")
}

/// What a command of cargo says that it has built.
fn built(cargo: &mut Command) -> Result<Vec<Message>> {
    let output = cargo
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "the kernels do not build");
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages.lines();
    Ok(messages
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}
