//! `cargo xtask fuzz`: every reader of bytes from outside, on bytes that nobody meant.

mod seeds;

use crate::setup;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A fuzz target: `folder/fuzz/fuzz_targets/name.rs`.
struct Target {
    folder: &'static str,
    name: &'static str,
    /// Longest input in bytes.
    max_len: u32,
}

const fn target(folder: &'static str, name: &'static str, max_len: u32) -> Target {
    Target {
        folder,
        name,
        max_len,
    }
}

const TARGETS: &[Target] = &[
    target("runtime/format", "package", 8192),
    target("runtime/format", "manifest", 1024),
    target("runtime/format", "protocol", 256),
    target("runtime/engine", "session", 8192),
    target("runtime/engine", "step", 512),
    target("runtime/text", "tokenizer", 12288),
    target("tools/compiler", "onnx", 4096),
    target("tools/tokenizer", "vocabulary", 16384),
    target("tools/cli", "inspect", 8192),
    target("tools/cli", "samples", 1024),
    target("tools/cli", "keys", 1024),
    target("tools/flash", "board", 2048),
    target("tools/flash", "report", 2048),
    target("student/data", "idx", 512),
    target("student/decoder", "llama2c", 512),
    target("student/decoder", "hugging_face", 8192),
    target("student/distill", "recipe", 4096),
];

/// Seconds that a single input may take.
const INPUT_SECONDS: u32 = 10;
const INPUT_MEGABYTES: u32 = 2048;

/// Runs every target, or the one called `only`, for so many seconds each. What they find stays in the build
/// folder; inputs that reach new code are kept there for the next time.
pub(crate) fn run(root: &Path, seconds: u32, only: Option<&str>) -> Result<()> {
    let targets: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| only.is_none_or(|only| only == target.name))
        .collect();
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    ensure!(!targets.is_empty(), "the targets are {}", names.join(", "));
    setup::install_part(root, "fuzz")?;
    let build = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let work = build.join("fuzz");
    let mut failed = Vec::new();
    for target in targets {
        println!("== {} for {seconds} s", target.name);
        if !run_target(root, &work, target, seconds)? {
            failed.push(target.name);
        }
    }
    ensure!(
        failed.is_empty(),
        "findings in {}; the inputs are in {}",
        failed.join(", "),
        work.join("artifacts").display()
    );
    Ok(())
}

fn run_target(root: &Path, work: &Path, target: &Target, seconds: u32) -> Result<bool> {
    let fuzz = root.join(target.folder).join("fuzz");
    let [corpus, seeds, artifacts] =
        ["corpus", "seeds", "artifacts"].map(|part| work.join(part).join(target.name));
    for folder in [&corpus, &seeds, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    seeds::write(root, work, target.name, &seeds)?;
    // The versions that everything else is built with.
    fs::copy(root.join("Cargo.lock"), fuzz.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    let status = Command::new(env!("CARGO"))
        // Coverage is an option of the compiler that stable ones have but do not promise.
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"])
        .arg(&fuzz)
        .arg("--target-dir")
        .arg(work.join("build"))
        .args([Path::new(target.name), &corpus, &seeds])
        .arg("--")
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={}", target.max_len))
        .arg(format!("-timeout={INPUT_SECONDS}"))
        .arg(format!("-rss_limit_mb={INPUT_MEGABYTES}"))
        .args(["-verbosity=0", "-print_funcs=0", "-print_final_stats=1"])
        .current_dir(root)
        .status()
        .context("cannot start cargo fuzz")?;
    Ok(status.success())
}
