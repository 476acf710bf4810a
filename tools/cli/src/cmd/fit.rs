use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use cadet_compiler::{Calibration, Compiled, Precision, Range, Report, StreamReport};
use cadet_flash::{Foretold, Unit};
use serde::Serialize;

use crate::compile_args::{CompileArgs, Numerics};
use crate::memory_map;
use crate::mixed::Mixed;
use crate::on_board::OnBoard;
use crate::on_host::OnHost;
use crate::output::{print_json, print_line, table, thousands, write_new};

/// Say what a model will take and do, without a board: flash, arena, kernels, unsupported nodes
///
/// With --board also what is left of its flash and RAM (an error where the model takes more), and, where the board's
/// folder has a `cost.toml` with every kernel of the model, instructions, time and stack, foretold from what kernels
/// were measured to cost there: the time at one instruction a cycle, the stack that of the deepest step and a margin.
/// With --target time or instructions in the same way, time being that of one thread of the machine that was measured.
/// Of a model that cannot be compiled, every unsupported node is listed with what to do about it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    compile: CompileArgs,
    /// Plan for int8 arithmetic. Without samples no channel is known to be constant, so that `cadet pack --calib`,
    /// which cuts those that are, may take less
    #[arg(long)]
    int8: bool,
    /// Rounding of integer steps
    #[arg(long, value_enum, default_value_t = Numerics::Onnx)]
    numerics: Numerics,
    /// Draw what lies where in the arena at which step: a picture (.svg) or a page (.html)
    #[arg(long, value_name = "FILE", value_parser = parse_map_path)]
    memory_map: Option<PathBuf>,
    /// Replace the memory map where it exists
    #[arg(long, requires = "memory_map")]
    force: bool,
    /// Print the report as JSON; of a model that cannot be compiled, the unsupported nodes
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let model = args.compile.read_model()?;
    let mut options = args.compile.options()?;
    options.numerics = args.numerics.into();
    if args.int8 {
        // Sizes do not depend on the ranges, so no samples are needed.
        options.precision = Precision::Int8(Calibration {
            samples: Vec::new(),
            range: Range::MinMax,
        });
    }
    let report = cadet_compiler::fit(&model, &options);
    let from_whole = |whole: Compiled| whole.report;
    let report = args
        .compile
        .or_whole(report, (&model, &options), from_whole, args.json)?;
    if let Some(path) = &args.memory_map {
        let is_page = path.extension().is_some_and(|it| it == "html");
        let draw = if is_page {
            memory_map::html
        } else {
            memory_map::svg
        };
        write_new(path, draw(&report).as_bytes(), args.force)?;
    }
    let costs = args.compile.load_costs()?;
    let mixed = match &costs {
        Some(costs) if args.int8 => Some(Mixed::weigh(&model, &options, costs, false)?),
        _ => None,
    };
    let on_host = match (args.compile.host(), &costs) {
        (Some(host), Some(costs)) => Some(OnHost::foretell(&report, host, costs)),
        _ => None,
    };
    let on_board = match args.compile.load_board()? {
        Some(board) => OnBoard::foretell(&report, board)?,
        None => None,
    };
    if args.json {
        print_json(&Fitted {
            report: &report,
            on_board: on_board.as_ref(),
            on_host: on_host.as_ref(),
            mixed: mixed.as_ref(),
        })?;
    } else {
        let on_board = on_board.as_ref();
        let of_steps = match &on_host {
            Some(on_host) => Some(on_host.foretold()),
            None => on_board.map(OnBoard::foretold),
        };
        print(&report, of_steps, None)?;
        on_board.map_or(Ok(()), OnBoard::print)?;
        on_host.as_ref().map_or(Ok(()), OnHost::print)?;
        mixed.as_ref().map_or(Ok(()), Mixed::print)?;
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

fn parse_map_path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension().and_then(|it| it.to_str()) {
        Some("svg" | "html") => Ok(path),
        _ => Err("name a file that ends in .svg or .html".into()),
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Fitted<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_board: Option<&'a OnBoard>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on_host: Option<&'a OnHost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mixed: Option<&'a Mixed>,
}

/// Prints a report of the compiler, of a package where one was written; with what is foretold of the steps, and in what.
pub(super) fn print(
    report: &Report,
    foretold: Option<(Unit, &Foretold)>,
    package: Option<&Path>,
) -> Result<()> {
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
            step.op.clone(),
            step.kernel.clone(),
            step.inputs
                .first()
                .map_or_else(String::new, |dims| shape(dims)),
            shape(&step.output),
            thousands(step.macs),
            thousands(step.weight_bytes as u64),
            foretold.map_or_else(String::new, |(_, it)| {
                let cost = it.steps.get(number).copied().flatten();
                cost.map_or("unknown".into(), thousands)
            }),
        ]
    });
    let heading = foretold.map_or_else(String::new, |(unit, _)| format!(">{}", unit.name()));
    let headings = [
        ">step",
        "node",
        "op",
        "kernel",
        "input",
        "output",
        ">MACs",
        ">weight bytes",
        &heading,
    ];
    print_line(&format!("{}\n", table(&headings, rows)))?;
    let bytes = |count: usize| thousands(count as u64);
    let flash = &report.flash;
    if !report.fallback.is_empty() {
        return print_whole(report, package);
    }
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
    if let Some(strips) = &report.strips {
        let fed = match strips.fed_rows {
            Some(rows) => format!(", the input coming in parts of at most {rows} rows"),
            None => String::new(),
        };
        print_line(&format!(
            "strips {} to {} run in {} strips{fed}; {} bytes are moved between them, no multiplication is added",
            strips.first,
            strips.last,
            strips.strips,
            bytes(strips.kept_bytes),
        ))?;
    }
    if let Some(stream) = &report.stream {
        print_stream(stream)?;
    }
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
    print_written(package)
}

/// Prints what a run takes in and gives of a model that runs frame by frame.
fn print_stream(stream: &StreamReport) -> Result<()> {
    print_line(&format!(
        "stream a run takes in {} of the window's {} frames",
        stream.hop, stream.frames
    ))?;
    for output in &stream.outputs {
        let what = match output.axis {
            Some(axis) => format!("the next {} along axis {axis}", output.elements),
            None => "all of it".into(),
        };
        let skipped = match output.skipped() {
            0 => String::new(),
            skipped => format!(", of which the first {skipped} mean nothing yet"),
        };
        print_line(&format!(
            "       {}: {what}, from run {} on{skipped}",
            output.name,
            output.first_run()
        ))?;
    }
    Ok(())
}

/// Prints what is told of a model that is packaged whole.
fn print_whole(report: &Report, package: Option<&Path>) -> Result<()> {
    print_line(&format!(
        "model  {}, packaged whole: for hosts only, where tract runs it, because of",
        report.model
    ))?;
    for node in &report.fallback {
        print_line(&format!("       {node}"))?;
    }
    let [total, model, golden] = [
        report.flash.total,
        report.flash.weights,
        report.flash.golden,
    ]
    .map(|it| thousands(it as u64));
    print_line(&format!(
        "file   {total} bytes: ONNX model {model}, golden vectors {golden}"
    ))?;
    print_line("RAM    not planned: tract has memory of its own")?;
    print_written(package)
}

fn print_written(package: Option<&Path>) -> Result<()> {
    match package {
        Some(path) => print_line(&format!("wrote  {}", path.display())),
        None => Ok(()),
    }
}
