use anyhow::Result;

use crate::output::print_line;
use crate::recipe_args::RecipeArgs;

/// Train the networks of a recipe, without packing them or reading the test rows
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    recipe: RecipeArgs,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (_, students) = args.recipe.train()?;
    let best = &students.student.history[students.student.best];
    print_line(&format!(
        "student: best of {} epochs has {:.4} on the select rows; `cadet export` writes it as ONNX",
        students.student.history.len(),
        best.select_score,
    ))
}
