use anyhow::Result;

use crate::output::{print_json, print_line};
use crate::progress::Progress;
use crate::recipe_args::RecipeArgs;

/// Teach a student, pack it as int8 and report what it reaches
///
/// Everything lands in a run directory. A run that was killed goes on where it was.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    recipe: RecipeArgs,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let RecipeArgs {
        recipe,
        runs,
        quiet,
    } = &args.recipe;
    let mut progress = Progress::new(*quiet);
    let report = cadet_distill::distill(recipe, runs, &mut |event| progress.observe(event));
    progress.finish();
    let report = report?;
    if args.json {
        print_json(&report)
    } else {
        print_line(&report.to_markdown())
    }
}
