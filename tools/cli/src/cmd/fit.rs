use std::path::Path;

use anyhow::{Context, Result, bail};
use cadet_compiler::{Calibration, Precision, Range, Report};

use crate::compile_args::{CompileArgs, Numerics};
use crate::output::{print_json, print_line, table, thousands};

/// Say what a model will take and do, without a board: flash, arena, kernels, unsupported nodes
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    compile: CompileArgs,
    /// Plan for int8 arithmetic
    #[arg(long)]
    int8: bool,
    /// Rounding of integer steps
    #[arg(long, value_enum, default_value_t = Numerics::Onnx)]
    numerics: Numerics,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let model = args.compile.read_model()?;
    let mut options = args.compile.options()?;
    options.numerics = args.numerics.into();
    let failed = || format!("{} cannot be compiled", args.compile.model.display());
    if args.int8 {
        // Sizes do not depend on the ranges, so no samples are needed.
        options.precision = Precision::Int8(Calibration {
            samples: Vec::new(),
            range: Range::MinMax,
        });
    }
    let report = cadet_compiler::fit(&model, &options).with_context(failed)?;
    if args.json {
        print_json(&report)?;
    } else {
        print(&report, None)?;
    }
    match &report.fit {
        Some(fit) if !fit.fits() => bail!(
            "{} does not fit {}",
            args.compile.model.display(),
            fit.board
        ),
        _ => Ok(()),
    }
}

/// Prints a report of the compiler, of a package where one was written.
pub(super) fn print(report: &Report, package: Option<&Path>) -> Result<()> {
    let shape = |dims: &[usize]| {
        dims.iter()
            .map(usize::to_string)
            .collect::<Vec<_>>()
            .join("x")
    };
    let rows = report.steps.iter().enumerate().map(|(number, step)| {
        vec![
            number.to_string(),
            step.name.clone(),
            step.op.to_owned(),
            step.kernel.clone(),
            step.inputs
                .first()
                .map_or_else(String::new, |dims| shape(dims)),
            shape(&step.output),
            thousands(step.macs),
            thousands(step.weight_bytes as u64),
        ]
    });
    let headings = [
        ">step",
        "node",
        "op",
        "kernel",
        "input",
        "output",
        ">MACs",
        ">weight bytes",
    ];
    print_line(&format!("{}\n", table(&headings, rows)))?;
    let bytes = |count: usize| thousands(count as u64);
    let flash = &report.flash;
    print_line(&format!(
        "model  {} ({}), {} MACs",
        report.model,
        report.precision,
        thousands(report.macs)
    ))?;
    print_line(&format!(
        "flash  {} bytes: weights {}, plan {}, golden vectors {}, manifest {}",
        bytes(flash.total),
        bytes(flash.weights),
        bytes(flash.plan),
        bytes(flash.golden),
        bytes(flash.manifest),
    ))?;
    print_line(&format!(
        "RAM    arena {} bytes (these steps need at least {}), state {}",
        bytes(report.arena_bytes),
        bytes(report.arena_lower_bound_bytes),
        bytes(report.state_bytes),
    ))?;
    if let Some(golden) = report
        .golden
        .as_ref()
        .filter(|it| !it.unexercised.is_empty())
    {
        print_line(&format!(
            "golden no vector exercises {}",
            golden.unexercised.join(", ")
        ))?;
    }
    if let Some(fit) = &report.fit {
        let left = |bytes: i64| match bytes {
            0.. => format!("{} left", thousands(bytes.unsigned_abs())),
            _ => format!("{} TOO MANY", thousands(bytes.unsigned_abs())),
        };
        print_line(&format!(
            "board  {}: flash {}, RAM {} (without firmware and stack)",
            fit.board,
            left(fit.flash_left_bytes),
            left(fit.ram_left_bytes),
        ))?;
    }
    if let Some(path) = package {
        print_line(&format!("wrote  {}", path.display()))?;
    }
    Ok(())
}
