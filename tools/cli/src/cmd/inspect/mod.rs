mod contents;
mod params;
mod print;

pub(crate) use contents::kernel_name;

use std::path::PathBuf;

use anyhow::Result;
use cadet_host::PackageFile;

use crate::output::print_json;
use contents::Contents;

/// Print what a package holds: header, memory, ports, kernels, sections, steps, tensors, manifest
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Print each step in full: operands, parameters and golden checksums
    #[arg(long)]
    steps: bool,
    /// Print each tensor: type, shape, place and quantisation
    #[arg(long)]
    tensors: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?;
    let contents = Contents::of(&file.package()?)?;
    if args.json {
        return print_json(&contents);
    }
    print::summary(&contents)?;
    if args.steps {
        print::steps(&contents)?;
    } else {
        print::step_table(&contents)?;
    }
    if args.tensors {
        print::tensor_table(&contents)?;
    }
    Ok(())
}
