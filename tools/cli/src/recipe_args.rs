//! What `distill`, `train` and `export` have in common: a recipe and where its run lands.

use std::path::PathBuf;

use anyhow::Result;
use cadet_distill::{Run, Students};
use clap::Args;

use crate::progress::Progress;

/// A recipe and where its run lands.
#[derive(Args)]
pub(crate) struct RecipeArgs {
    /// The recipe, a TOML file
    pub(crate) recipe: PathBuf,
    /// Folder of run directories
    #[arg(long, default_value = "runs")]
    pub(crate) runs: PathBuf,
    /// No progress
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

impl RecipeArgs {
    /// Trains the networks, or goes on where the run stands.
    pub(crate) fn train(&self) -> Result<(Run, Students)> {
        let mut progress = Progress::new(self.quiet);
        let mut run = Run::open(&self.recipe, &self.runs)?;
        let students = run.train(&mut |event| progress.observe(event));
        progress.finish();
        Ok((run, students?))
    }
}
