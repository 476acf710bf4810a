//! Programs for AArch64, emulated.

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rust's own linker and libc do for it, so that no cross compiler is needed.
pub(crate) const TARGET: &str = "aarch64-unknown-linux-musl";
/// The emulator of programs.
pub(crate) const EMULATOR: &str = "qemu-aarch64";

/// The crates whose tests run there. Those of cadet-capi want a C compiler for the target.
const CRATES: &[&str] = &[
    "cadet-format",
    "cadet-kernels",
    "cadet-runtime",
    "cadet-repack",
    "cadet-text",
    "cadet-language",
];
/// Fewer cases of each property than natively: emulation is slow, and there are several processors.
const PROPERTY_CASES: &str = "64";
/// Tests of the machine that links or of its kernel, which emulation has nothing of.
const OF_THE_HOST: &[&str] = &[
    "no_panic_is_linked",
    "a_panic_is_not_linked",
    "the_system_is_not_called",
];

/// A cargo command for the target.
pub(crate) fn cargo(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command
        .args(arguments)
        .args(["--target", TARGET])
        .current_dir(root)
        .env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER", "rust-lld");
    command
}

/// Where release builds of it lie.
pub(crate) fn release(root: &Path) -> PathBuf {
    crate::target_folder(root).join(TARGET).join("release")
}

/// What a command of the emulator prints.
pub(crate) fn said(command: &mut Command) -> Result<String> {
    let output = command.output().context("cannot start the emulator")?;
    ensure!(output.status.success(), "the emulator failed");
    Ok(String::from_utf8(output.stdout)?)
}

/// A processor, and the best instruction set that it has.
pub(crate) type Processor = (&'static str, &'static str);
/// Everything that the emulator knows.
pub(crate) const MAX: Processor = ("max", "i8mm");
/// Without dot products.
pub(crate) const OLDER: [Processor; 2] = [("cortex-a53", "neon"), ("cortex-a72", "neon")];

/// Runs the tests of the device crates on each of these processors.
pub(crate) fn test(root: &Path, processors: &[Processor]) -> Result<()> {
    for (processor, isa) in processors {
        eprintln!("tests on AArch64: {processor}");
        let mut tests = cargo(root, &["test", "--no-fail-fast", "--lib", "--tests"]);
        for name in CRATES {
            tests.args(["--package", name]);
        }
        tests.arg("--");
        for name in OF_THE_HOST {
            tests.args(["--skip", name]);
        }
        let status = tests
            .env(
                "CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_RUNNER",
                format!("{EMULATOR} -cpu {processor}"),
            )
            .env("PROPTEST_CASES", PROPERTY_CASES)
            .env("CADET_REQUIRE_ISA", isa)
            .status()
            .context("cannot start cargo test")?;
        ensure!(
            status.success(),
            "tests failed on {processor}; cargo names them above"
        );
    }
    Ok(())
}
