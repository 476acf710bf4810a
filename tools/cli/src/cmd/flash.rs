use std::env;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use cadet_flash::{Board, Options, Report, flash};

use crate::output::{print_json, print_line, table, thousands};

/// Put a package on a board (or its emulator), run its golden vectors there and print what the board measured
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// The board: a folder in `targets`
    #[arg(long)]
    target: String,
    /// The folder of boards; without, `targets` of the project around the current folder
    #[arg(long)]
    targets: Option<PathBuf>,
    /// Seconds that the firmware may run
    #[arg(long, default_value_t = 120)]
    timeout: u64,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let targets = match &args.targets {
        Some(folder) => folder.clone(),
        None => Board::targets_folder(&env::current_dir().context("no current folder")?)?,
    };
    let board = Board::find(&targets, &args.target)?;
    let options = Options {
        timeout: Duration::from_secs(args.timeout),
        ..Options::new()
    };
    let report = flash(&board, &args.package, &options)?;
    if args.json {
        print_json(&report)
    } else {
        print(&report)
    }
}

fn print(report: &Report) -> Result<()> {
    let rows = report.steps.iter().enumerate().map(|(number, step)| {
        vec![
            number.to_string(),
            step.name.clone(),
            thousands(u64::from(step.ticks)),
        ]
    });
    print_line(&table(&[">step", "node", ">ticks"], rows))?;
    let work = report.instructions().map_or_else(
        || format!("{} cycles", thousands(report.ticks())),
        |instructions| format!("{} instructions", thousands(instructions)),
    );
    let vectors = report
        .outputs
        .iter()
        .map(|o| o.vector + 1)
        .max()
        .unwrap_or(0);
    let golden = match report.is_exact {
        true => "every step equals the host's, integer for integer",
        false => "not compared: float results are not promised to be the same on every target",
    };
    let memory = |use_of: &cadet_format::protocol::MemoryUse| {
        format!(
            "{} bytes promised, {} touched, guard zones {}",
            thousands(u64::from(use_of.promised)),
            thousands(u64::from(use_of.touched)),
            if use_of.guards_intact {
                "intact"
            } else {
                "BROKEN"
            },
        )
    };
    print_line(&format!("\n{}: {work} an inference", report.board))?;
    print_line(&format!("golden vectors: {vectors}, {golden}"))?;
    print_line(&format!("arena: {}", memory(&report.arena)))?;
    print_line(&format!("state: {}", memory(&report.state)))?;
    print_line(&format!(
        "stack: {} bytes",
        thousands(u64::from(report.stack_bytes))
    ))?;
    for output in &report.outputs {
        let values: Vec<String> = output
            .bytes
            .iter()
            .map(|&b| (b as i8).to_string())
            .collect();
        print_line(&format!(
            "output {} of vector {}: {}",
            output.output,
            output.vector,
            values.join(" ")
        ))?;
    }
    Ok(())
}
