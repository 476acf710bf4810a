//! The project's own chores, started by `cargo xtask`.

mod coverage;
mod deps;
mod setup;
mod test;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <task>

  setup           install what the tests need (cross compiler, emulator, Rust target, Python)
  deps            check the dependency rules
  test [--full]   run all tests; --full adds the long ones
  coverage        write the table of ONNX operators anew";

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
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn workspace_root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
