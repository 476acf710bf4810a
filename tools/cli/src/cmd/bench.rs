use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cadet_format::Generator;
use cadet_host::{HostCrew, HostMemory, PackageFile};
use serde::Serialize;

use crate::output::{print_json, print_line};

/// Time a package on this machine
///
/// Minimum and median over the runs. `cadet profile` times the steps, `cargo bench` has the criterion
/// suites.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// How long to measure, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Threads that share large steps, at most
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Timing {
    runs: usize,
    minimum_us: f64,
    median_us: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?.laid_out()?;
    let package = file.package()?;
    let mut memory = HostMemory::for_package(&package);
    let mut crew = HostCrew::new(args.threads, &package);
    let mut session = memory.session(package)?;
    session.set_crew(&mut crew);
    let mut fill = Generator::new(1);
    for input in 0..package.inputs(0).unwrap_or_default().len() {
        let dtype = session.input_info(0, input)?.dtype;
        fill.fill(dtype, session.input_mut(0, input)?);
    }
    let time = Duration::try_from_secs_f64(args.seconds).context("--seconds")?;

    let mut times = Vec::new();
    let started = Instant::now();
    while times.is_empty() || started.elapsed() < time {
        let run = Instant::now();
        session.run(0)?;
        times.push(run.elapsed());
    }
    times.sort_unstable();
    let timing = Timing {
        runs: times.len(),
        minimum_us: microseconds(times[0]),
        median_us: microseconds(times[times.len() / 2]),
    };
    if args.json {
        return print_json(&timing);
    }
    print_line(&format!(
        "{:.2} us minimum, {:.2} us median of {} runs, threads: {}",
        timing.minimum_us, timing.median_us, timing.runs, args.threads
    ))
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
