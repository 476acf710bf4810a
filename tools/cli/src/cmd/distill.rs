use std::path::PathBuf;

use anyhow::Result;

use crate::output::{print_json, print_line};
use crate::progress::Progress;

/// Teach a student, pack it as int8 and report what it reaches
///
/// Everything lands in a run directory. A run that was killed goes on where it was.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// Folder of run directories
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut progress = Progress::new(args.quiet);
    let report = cadet_distill::distill(&args.recipe, &args.runs, &mut |event| {
        progress.observe(event)
    });
    progress.finish();
    let report = report?;
    if args.json {
        print_json(&report)
    } else {
        print_line(&report.to_markdown())
    }
}
