use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cadet_format::{Generator, Manifest};
use cadet_host::{HostCrew, HostMemory, PackageFile, read_real, write_real};
use serde::Serialize;

use crate::generate::GenerateArgs;
use crate::output::print_line;
use crate::samples;

/// Run a package on this machine
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Samples as real values, one file for each input of the program: .npy or .jsonl
    #[arg(long = "input", short)]
    inputs: Vec<PathBuf>,
    /// Run on generated inputs with this seed, as golden vectors are, instead of samples; of a language model, what tokens
    /// are chosen by at a temperature above 0
    #[arg(long, conflicts_with = "inputs")]
    seed: Option<u32>,
    /// Which program
    #[arg(long, default_value_t = 0)]
    program: usize,
    /// Threads that share large steps, at most; results stay the same
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[command(flatten)]
    generate: GenerateArgs,
    /// Print as JSON, a line for each sample
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct SampleResult {
    sample: usize,
    outputs: Vec<Output>,
}

#[derive(Serialize)]
struct Output {
    name: String,
    values: Vec<f32>,
    /// The most likely class by name, where the package has labels.
    label: Option<String>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?.laid_out()?;
    let package = file.package()?;
    if args.generate.is_wanted() {
        return args
            .generate
            .run(package, args.seed.unwrap_or(0), args.json);
    }
    let manifest = Manifest::decode(package.manifest_bytes()).unwrap_or_default();
    let mut memory = HostMemory::for_package(&package);
    let mut crew = HostCrew::new(args.threads, &package);
    let mut session = memory.session(package)?;
    session.set_crew(&mut crew);
    let Some(ports) = package.inputs(args.program) else {
        bail!("the package has {} programs", package.programs().len());
    };
    let samples = match args.seed {
        Some(_) => vec![Vec::new()],
        None => {
            let infos = (0..ports.len()).map(|index| session.input_info(args.program, index));
            let lengths: Result<Vec<_>, _> = infos.map(|it| it.map(|it| it.elements())).collect();
            samples::read_inputs(&args.inputs, &lengths?)
                .context("pass samples, or --seed for generated ones")?
        }
    };
    for (sample, inputs) in samples.iter().enumerate() {
        for (index, values) in inputs.iter().enumerate() {
            write_real(&mut session, args.program, index, values)?;
        }
        if let Some(seed) = args.seed {
            let mut generator = Generator::new(seed);
            for index in 0..ports.len() {
                let dtype = session.input_info(args.program, index)?.dtype;
                generator.fill(dtype, session.input_mut(args.program, index)?);
            }
        }
        session.run(args.program)?;
        let outputs = package.outputs(args.program).unwrap_or_default().len();
        let outputs = (0..outputs)
            .map(|index| {
                let values = read_real(&session, args.program, index)?;
                let name = manifest
                    .outputs
                    .lines()
                    .nth(index)
                    .unwrap_or_default()
                    .to_owned();
                let label = label(&values, manifest.labels);
                Ok(Output {
                    name,
                    values,
                    label,
                })
            })
            .collect::<Result<Vec<_>>>()?;
        print(&SampleResult { sample, outputs }, args.json)?;
    }
    Ok(())
}

fn label(values: &[f32], labels: &str) -> Option<String> {
    let largest = values
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))?
        .0;
    labels.lines().nth(largest).map(str::to_owned)
}

fn print(result: &SampleResult, json: bool) -> Result<()> {
    if json {
        return print_line(&serde_json::to_string(result)?);
    }
    for output in &result.outputs {
        let values: Vec<String> = output.values.iter().map(|v| format!("{v:.6}")).collect();
        let label = output
            .label
            .as_ref()
            .map_or_else(String::new, |l| format!("  ({l})"));
        print_line(&format!(
            "{} {}: {}{label}",
            result.sample,
            output.name,
            values.join(" ")
        ))?;
    }
    Ok(())
}
