//! The project's own chores, started by `cargo xtask`.

mod aarch64;
mod bench;
mod cost;
mod coverage;
mod deps;
mod fuzz;
mod instructions;
mod setup;
mod test;
mod x86;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  setup           install what the tests need (cross compiler, emulator, Rust target, Python)
  deps            check the dependency rules
  test [--full]   run all tests; --full adds the long ones
  coverage        write the table of ONNX operators anew
  cost [x86-64|aarch64]
                  write the table of what kernels cost on the board anew, or those of hosts: of x86-64 in
                  nanoseconds of this machine, of AArch64 in instructions of the emulator
  bench [--save FILE] [--against FILE] [--rounds N] [FILTER]
                  run the criterion suites in N rounds (7); keep the times in a file, or fail where a
                  benchmark has become slower than those in a file by more than 5 % and its noise
  instructions [--tract MODELS] [FOLDER]
                  count the instructions of an inference on AArch64, for each package in a folder (the
                  format's corpus); beside those of tract, which takes minutes to build, on the ONNX files
                  of the same names in the folder MODELS
  emulate-x86     run the kernels' tests with AVX-512, emulated; disassemble those for AVX-VNNI
  fuzz [--seconds N] [TARGET]
                  run the fuzz targets of all readers, or one of them, for N seconds (60) each";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = workspace_root();
    let result = match arguments[..] {
        ["setup"] => setup::install(root),
        ["deps"] => deps::check(root),
        ["test"] => test::run(root, test::Extent::Normal),
        ["test", "--full"] => test::run(root, test::Extent::Full),
        ["coverage"] => coverage::write(root),
        ["cost"] => cost::write_board(root),
        ["cost", "x86-64"] => cost::write_x86(root),
        ["cost", "aarch64"] => cost::write_aarch64(root),
        ["bench", ref rest @ ..] => match bench::Options::parse(rest) {
            Some(options) => bench::run(root, &options),
            None => return usage(),
        },
        ["instructions", ref rest @ ..] => {
            let (models, rest) = match rest {
                ["--tract", models, rest @ ..] => (Some(Path::new(models)), rest),
                rest => (None, rest),
            };
            match rest {
                [] => instructions::print(root, &root.join("runtime/format/corpus"), models),
                [folder] => instructions::print(root, Path::new(folder), models),
                _ => return usage(),
            }
        }
        ["emulate-x86"] => x86::test(root),
        ["fuzz", ref rest @ ..] => match fuzz_arguments(rest) {
            Some((seconds, target)) => fuzz::run(root, seconds, target),
            None => return usage(),
        },
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => return usage(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Seconds a target, and the only target.
fn fuzz_arguments<'a>(arguments: &[&'a str]) -> Option<(u32, Option<&'a str>)> {
    let (seconds, rest) = match arguments {
        ["--seconds", seconds, rest @ ..] => (seconds.parse().ok()?, rest),
        rest => (60, rest),
    };
    match rest {
        [] => Some((seconds, None)),
        [target] => Some((seconds, Some(target))),
        _ => None,
    }
}

fn workspace_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where cargo puts what it builds.
fn target_folder(root: &Path) -> PathBuf {
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()))
}
