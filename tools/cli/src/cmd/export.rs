use anyhow::Result;

use crate::output::print_line;
use crate::recipe_args::RecipeArgs;

/// Write the trained networks of a recipe as ONNX, training them first where needed
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    recipe: RecipeArgs,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (run, students) = args.recipe.train()?;
    run.export(&students)?;
    print_line(&run.dir().join("student.onnx").display().to_string())
}
