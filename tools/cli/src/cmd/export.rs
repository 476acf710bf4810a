use std::path::PathBuf;

use anyhow::Result;
use cadet_distill::Run;

use crate::output::print_line;
use crate::progress::Progress;

/// Write the trained networks of a recipe as ONNX, training them first where needed
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// Folder of run directories
    #[arg(long, default_value = "runs")]
    runs: PathBuf,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let mut progress = Progress::new(args.quiet);
    let mut run = Run::open(&args.recipe, &args.runs)?;
    let students = run.train(&mut |event| progress.observe(event));
    progress.finish();
    run.export(&students?)?;
    print_line(&run.dir().join("student.onnx").display().to_string())
}
