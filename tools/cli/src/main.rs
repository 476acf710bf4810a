//! cadet: from a teacher and a memory budget to a verified model on the board.
//!
//! One file a verb, in `cmd`. Exit codes: 0 done, 1 failed (the reason is on standard error), 2 wrong usage.
#![forbid(unsafe_code)]

mod cmd;
mod compile_args;
mod evaluation;
mod generate;
mod keys;
mod memory_map;
mod mixed;
mod npy;
mod on_board;
mod on_host;
mod output;
mod progress;
mod promotion;
mod recipe_args;
mod samples;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// From a teacher and a memory budget to a verified model on the board.
#[derive(Parser)]
#[command(name = "cadet", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    Distill(cmd::distill::Args),
    Train(cmd::train::Args),
    Export(cmd::export::Args),
    Fit(cmd::fit::Args),
    Pack(Box<cmd::pack::Args>),
    Keygen(cmd::keygen::Args),
    Sign(cmd::sign::Args),
    Inspect(cmd::inspect::Args),
    Run(cmd::run::Args),
    Verify(cmd::verify::Args),
    Bench(cmd::bench::Args),
    Profile(cmd::profile::Args),
    Flash(cmd::flash::Args),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().verb {
        Verb::Distill(args) => cmd::distill::run(&args),
        Verb::Train(args) => cmd::train::run(&args),
        Verb::Export(args) => cmd::export::run(&args),
        Verb::Fit(args) => cmd::fit::run(&args),
        Verb::Pack(args) => cmd::pack::run(&args),
        Verb::Keygen(args) => cmd::keygen::run(&args),
        Verb::Sign(args) => cmd::sign::run(&args),
        Verb::Inspect(args) => cmd::inspect::run(&args),
        Verb::Run(args) => cmd::run::run(&args),
        Verb::Verify(args) => cmd::verify::run(&args),
        Verb::Bench(args) => cmd::bench::run(&args),
        Verb::Profile(args) => cmd::profile::run(&args),
        Verb::Flash(args) => cmd::flash::run(&args),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "cadet", &mut std::io::stdout());
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cadet: {}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes, leaving out those that it has told already.
fn describe(error: &anyhow::Error) -> String {
    error
        .chain()
        .skip(1)
        .fold(error.to_string(), |text, cause| {
            let cause = cause.to_string();
            if text.contains(&cause) {
                text
            } else {
                format!("{text}: {cause}")
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let error = anyhow::anyhow!("no such file").context("cannot read a: no such file");
        assert_eq!(describe(&error), "cannot read a: no such file");
        let error = anyhow::anyhow!("line 3").context("cannot read b");
        assert_eq!(describe(&error), "cannot read b: line 3");
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
