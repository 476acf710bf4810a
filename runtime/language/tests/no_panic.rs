//! Nothing can panic: a language model links without a definition of what a panic ends in, and without an allocator;
//! there are only the functions on memory that a C library has. For the host; with `CADET_FULL` for each further target
//! that is installed too.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Command, Output};

/// Of firmware and of other hosts.
const FURTHER: &[&str] = &["thumbv7em-none-eabihf", "aarch64-unknown-linux-musl"];

/// What a C library has or only unwinding asks for: any address will do where nothing is to run.
const ELSEWHERE: &[&str] = &[
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "bcmp",
    "rust_eh_personality",
];

fn rustc(arguments: &[&str]) -> String {
    let output = Command::new("rustc").args(arguments).output().unwrap();
    assert!(output.status.success(), "rustc {arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn host() -> String {
    let version = rustc(&["-vV"]);
    let host = version.lines().find_map(|it| it.strip_prefix("host: "));
    host.unwrap().to_owned()
}

fn is_installed(target: &str) -> bool {
    let folder = rustc(&["--print", "target-libdir", "--target", target]);
    Path::new(folder.trim()).exists()
}

fn link(target: &str, features: &str) -> Output {
    let mut flags = String::from("-Clinker=rust-lld -Clinker-flavor=ld.lld");
    flags += " -Clink-arg=--gc-sections -Clink-arg=--entry=everything";
    for symbol in ELSEWHERE {
        flags += &format!(" -Clink-arg=--defsym={symbol}=0");
    }
    Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--target", target])
        .args(["--features", features, "--target-dir"])
        .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("no_panic"))
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/no_panic"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTFLAGS", flags)
        .output()
        .unwrap()
}

#[test]
fn no_panic_is_linked() {
    let host = host();
    let is_full = std::env::var_os("CADET_FULL").is_some();
    let further = FURTHER.iter().copied();
    let further = further.filter(|it| is_full && is_installed(it));
    for target in [host.as_str()].into_iter().chain(further) {
        let output = link(target, "");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{target}: {said}");
    }
}

#[test]
fn a_panic_is_not_linked() {
    let output = link(&host(), "panics");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("a_panic_can_be_reached"), "{said}");
}
