use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use cadet_format::{DType, Generator, Manifest, Package, Step};
use cadet_host::{HostMemory, PackageFile};
use cadet_kernels::Isa;
use cadet_profile::{Peak, Times, macs, profile};
use cadet_runtime::kernels;
use serde::Serialize;

use crate::cmd::inspect::kernel_name;
use crate::output::{print_json, print_line, table, thousands};

/// Show what each step of a package costs on this machine
///
/// One thread. Times are the least and the median over the runs; MACs (multiplications with weights) a cycle stand
/// beside what the processor does at best in registers alone.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Instructions to use: scalar, avx2, avxvnni, avx512, avx512vnni, neon, neondot, i8mm; by default the best that the processor has
    #[arg(long)]
    isa: Option<String>,
    /// How long to measure, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// How often to run at the least
    #[arg(long, default_value_t = 10)]
    runs: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    isa: &'static str,
    runs: usize,
    /// All steps in one go.
    minimum_us: f64,
    median_us: f64,
    macs: u64,
    clock_ghz: f64,
    peak_f32_macs_per_cycle: f64,
    peak_i8_macs_per_cycle: f64,
    steps: Vec<StepReport>,
}

#[derive(Serialize)]
struct StepReport {
    name: String,
    kernel: String,
    minimum_us: f64,
    median_us: f64,
    /// Of the sum of all steps' least times.
    share: f64,
    macs: u64,
    macs_per_cycle: f64,
    share_of_peak: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let isa = instructions(args.isa.as_deref())?;
    let time = Duration::try_from_secs_f64(args.seconds).context("--seconds")?;
    let mut file = PackageFile::open(&args.package)?;
    if isa != Isa::Baseline {
        file = file.laid_out()?;
    }
    let package = file.package()?;
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session_with(package, kernels::ALL)?;
    session.set_isa(isa);
    let mut fill = Generator::new(1);
    for input in 0..package.inputs(0).unwrap_or_default().len() {
        let dtype = session.input_info(0, input)?.dtype;
        fill.fill(dtype, session.input_mut(0, input)?);
    }
    let found = profile(&mut session, 0, args.runs, time)?;
    let peak = Peak::measure();

    let names = Manifest::decode(package.manifest_bytes())
        .unwrap_or_default()
        .steps;
    let steps = package.steps(0).unwrap_or_default();
    let sum: Duration = found.steps.iter().map(|it| it.least).sum();
    let reports = steps.iter().zip(names.lines().chain(std::iter::repeat("")));
    let reports = reports
        .zip(&found.steps)
        .map(|((step, name), times)| step_report(&package, step, name, times, sum, &peak));
    let steps: Vec<StepReport> = reports.collect();
    let report = Report {
        isa: isa.name(),
        runs: found.runs,
        minimum_us: microseconds(found.whole.least),
        median_us: microseconds(found.whole.median),
        macs: steps.iter().map(|it| it.macs).sum(),
        clock_ghz: peak.clock / 1e9,
        peak_f32_macs_per_cycle: peak.f32,
        peak_i8_macs_per_cycle: peak.i8,
        steps,
    };
    match args.json {
        true => print_json(&report),
        false => print(&report, microseconds(sum)),
    }
}

fn instructions(name: Option<&str>) -> Result<Isa> {
    let Some(name) = name else {
        return Ok(Isa::detect());
    };
    Isa::all().find(|isa| isa.name() == name).with_context(|| {
        let names: Vec<&str> = Isa::all().map(Isa::name).collect();
        format!("--isa {name}: this processor has {}", names.join(", "))
    })
}

fn step_report(
    package: &Package<'_>,
    step: &Step,
    name: &str,
    times: &Times,
    sum: Duration,
    peak: &Peak,
) -> StepReport {
    let id = package.kernels().get(usize::from(step.kernel));
    let macs = macs(package, step);
    let seconds = times.least.as_secs_f64().max(f64::MIN_POSITIVE);
    let macs_per_cycle = macs as f64 / (seconds * peak.clock);
    let dtype = id
        .and_then(|it| DType::from_u8(it.dtype))
        .unwrap_or(DType::F32);
    StepReport {
        name: name.to_owned(),
        kernel: id.map_or_else(String::new, kernel_name),
        minimum_us: microseconds(times.least),
        median_us: microseconds(times.median),
        share: seconds / sum.as_secs_f64().max(f64::MIN_POSITIVE),
        macs,
        macs_per_cycle,
        share_of_peak: macs_per_cycle / peak.macs_per_cycle(dtype),
    }
}

fn print(report: &Report, steps_us: f64) -> Result<()> {
    let rows = report.steps.iter().enumerate().map(|(number, step)| {
        let of_macs = |text: String| if step.macs > 0 { text } else { String::new() };
        vec![
            number.to_string(),
            step.name.clone(),
            step.kernel.clone(),
            format!("{:.2}", step.minimum_us),
            format!("{:.2}", step.median_us),
            format!("{:.1} %", step.share * 100.0),
            of_macs(thousands(step.macs)),
            of_macs(format!("{:.2}", step.macs_per_cycle)),
            of_macs(format!("{:.0} %", step.share_of_peak * 100.0)),
        ]
    });
    let headings = [
        ">step",
        "node",
        "kernel",
        ">least us",
        ">median us",
        ">share",
        ">MACs",
        ">MACs/cycle",
        ">of peak",
    ];
    print_line(&format!("{}\n", table(&headings, rows)))?;
    print_line(&format!(
        "whole  {:.2} us least, {:.2} us median of {} runs by {}, one thread; its steps add up to {steps_us:.2} us",
        report.minimum_us, report.median_us, report.runs, report.isa
    ))?;
    let cycles = report.minimum_us * report.clock_ghz * 1e3;
    print_line(&format!(
        "MACs   {}, {:.2} a cycle",
        thousands(report.macs),
        report.macs as f64 / cycles
    ))?;
    print_line(&format!(
        "peak   {:.1} MACs a cycle in f32, {:.1} in int8, at {:.2} GHz, measured in registers",
        report.peak_f32_macs_per_cycle, report.peak_i8_macs_per_cycle, report.clock_ghz
    ))
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
