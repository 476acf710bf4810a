use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use cadet_format::{Generator, Manifest};
use cadet_host::{HostMemory, PackageFile};
use serde::Serialize;

use crate::output::{print_json, print_line, table};

/// Time a package on this machine, step by step
///
/// One thread; minimum and median over the runs. `cargo bench` has the criterion suites.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// How long to measure, in seconds
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Timing {
    runs: usize,
    minimum_us: f64,
    median_us: f64,
    steps: Vec<StepTiming>,
}

#[derive(Serialize)]
struct StepTiming {
    name: String,
    minimum_us: f64,
    share: f64,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?.laid_out()?;
    let package = file.package()?;
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package)?;
    let names = Manifest::decode(package.manifest_bytes())
        .unwrap_or_default()
        .steps;
    let steps = package
        .steps(0)
        .context("the package has no program")?
        .len();
    let mut fill = Generator::new(1);
    for input in 0..package.inputs(0).unwrap_or_default().len() {
        let dtype = session.input_info(0, input)?.dtype;
        fill.fill(dtype, session.input_mut(0, input)?);
    }
    let half = Duration::try_from_secs_f64(args.seconds / 2.0).context("--seconds")?;

    let mut whole = Vec::new();
    let started = Instant::now();
    while whole.is_empty() || started.elapsed() < half {
        let run = Instant::now();
        session.run(0)?;
        whole.push(run.elapsed());
    }
    let mut least = vec![Duration::MAX; steps];
    let started = Instant::now();
    let mut rounds = 0;
    while rounds == 0 || started.elapsed() < half {
        for (step, least) in least.iter_mut().enumerate() {
            let run = Instant::now();
            session.step(0, step)?;
            *least = run.elapsed().min(*least);
        }
        rounds += 1;
    }

    whole.sort_unstable();
    let sum: Duration = least.iter().sum();
    let timing = Timing {
        runs: whole.len(),
        minimum_us: microseconds(whole[0]),
        median_us: microseconds(whole[whole.len() / 2]),
        steps: least
            .iter()
            .enumerate()
            .map(|(step, &least)| StepTiming {
                name: names.lines().nth(step).unwrap_or_default().to_owned(),
                minimum_us: microseconds(least),
                share: least.as_secs_f64() / sum.as_secs_f64().max(f64::MIN_POSITIVE),
            })
            .collect(),
    };
    if args.json {
        return print_json(&timing);
    }
    let rows = timing.steps.iter().enumerate().map(|(number, step)| {
        let share = format!("{:.1} %", step.share * 100.0);
        vec![
            number.to_string(),
            step.name.clone(),
            format!("{:.2}", step.minimum_us),
            share,
        ]
    });
    print_line(&table(&[">step", "node", ">us", ">share"], rows))?;
    print_line(&format!(
        "\n{:.2} us minimum, {:.2} us median of {} runs, one thread",
        timing.minimum_us, timing.median_us, timing.runs
    ))
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
