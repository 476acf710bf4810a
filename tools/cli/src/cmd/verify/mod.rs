mod golden;
mod graph;
mod model;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cadet_format::{Manifest, Package, SIGNATURE_SCHEME_NONE};
use cadet_host::{MeasuredMemory, PackageFile, measure_memory};
use serde::Serialize;

use crate::keys;
use crate::output::{print_json, print_line, table, thousands};
use model::Difference;

/// Check a package: its bytes, its golden vectors step by step, and the memory that it touches
///
/// Golden vectors are compared where they hold on every target, which those of float steps do not. With --key also
/// who signed it, with --model also its tensors: against tract, which runs the ONNX model. The first float tensor that
/// differs is an error; of quantised ones the drift is told.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The package
    package: PathBuf,
    /// Check that this key signed it: a public key in SPKI PEM, as `cadet keygen` and OpenSSL write it
    #[arg(long)]
    key: Option<PathBuf>,
    /// Compare tensors with this ONNX model, from which the package was made: those that both hold as a whole.
    /// Tensors inside strips, which the package never holds as a whole, are not compared, nor those of which it has
    /// cut channels. A package of a whole ONNX model must hold this very file
    #[arg(long)]
    model: Option<PathBuf>,
    /// Samples to compare on, as real values, one file for each input: .npy or .jsonl; without, generated ones
    #[arg(long = "input", short, requires = "model")]
    inputs: Vec<PathBuf>,
    /// Largest difference of a float tensor from the model's, or of a packaged ONNX model's outputs from its golden
    /// vectors', as a share of its largest value
    #[arg(long, default_value_t = 1e-4)]
    tolerance: f32,
    /// Print as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Verdict {
    signature: Signature,
    golden_vectors: usize,
    steps: usize,
    #[serde(flatten)]
    memory: Option<Memory>,
    /// Tensors that package and model share, in the order that they are written.
    tensors: Option<Vec<Difference>>,
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Signature {
    None,
    NotChecked,
    Valid,
}

#[derive(Serialize)]
struct Memory {
    arena_bytes: u32,
    arena_touched: u32,
    state_bytes: u32,
    state_touched: u32,
    guards_intact: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let file = PackageFile::open(&args.package)?;
    let package = file.package()?;
    let context = || args.package.display().to_string();
    let signature = check_signature(&package, args.key.as_deref()).with_context(context)?;
    let manifest = Manifest::decode(package.manifest_bytes()).unwrap_or_default();
    let mut problem = match package.onnx() {
        Some(onnx) => graph::check(&package, onnx, args.tolerance),
        None => golden::check(&package, manifest.steps),
    }
    .with_context(context)?;
    let memory = check_memory(&package).with_context(context)?;
    if memory.as_ref().is_some_and(|memory| !memory.guards_intact) {
        problem.get_or_insert("memory outside the arena or state was written".into());
    }
    let tensors = args.model.as_deref().filter(|_| package.onnx().is_none());
    let tensors = tensors.map(|model| model::compare(&package, model, &args.inputs));
    let tensors = tensors.transpose().with_context(context)?;
    if let (Some(onnx), Some(model)) = (package.onnx(), args.model.as_deref()) {
        graph::check_model(onnx, model)?;
    }
    if let Some(first) = tensors
        .iter()
        .flatten()
        .find(|it| it.is_wrong(args.tolerance))
    {
        problem.get_or_insert(first.describe());
    }
    let is_compared = |it: &cadet_format::Golden<'_>| it.is_exact() || package.onnx().is_some();
    let golden = package.golden().filter(is_compared);
    let steps = package.programs().iter().map(|it| it.step_count as usize);
    let verdict = Verdict {
        signature,
        golden_vectors: golden.map_or(0, |golden| golden.vectors()),
        steps: steps.sum(),
        memory,
        tensors,
        problem,
    };
    if args.json {
        print_json(&verdict)?;
    } else {
        verdict.print()?;
    }
    match verdict.problem {
        Some(problem) => bail!("{}: {problem}", args.package.display()),
        None => Ok(()),
    }
}

/// Without a key there is nothing to check a signature by.
fn check_signature(package: &Package<'_>, key: Option<&Path>) -> Result<Signature> {
    Ok(match key {
        Some(path) => {
            package.verify(&keys::read_public(path)?)?;
            Signature::Valid
        }
        None if package.header().signature_scheme == SIGNATURE_SCHEME_NONE => Signature::None,
        None => Signature::NotChecked,
    })
}

/// `None` where there are no generated inputs that every step accepts, or where tract has memory of its own.
fn check_memory(package: &Package<'_>) -> Result<Option<Memory>> {
    if package.golden().is_none() || package.onnx().is_some() {
        return Ok(None);
    }
    let MeasuredMemory { arena, state } = measure_memory(package)?;
    Ok(Some(Memory {
        arena_bytes: arena.promised,
        arena_touched: arena.touched,
        state_bytes: state.promised,
        state_touched: state.touched,
        guards_intact: arena.guards_intact && state.guards_intact,
    }))
}

impl Verdict {
    fn print(&self) -> Result<()> {
        let signature = match self.signature {
            Signature::None => "none",
            Signature::NotChecked => "not checked, pass --key",
            Signature::Valid => "valid",
        };
        print_line(&format!("signature: {signature}"))?;
        let vectors = match self.golden_vectors {
            0 => "none that are compared".into(),
            count => count.to_string(),
        };
        print_line(&format!(
            "golden vectors: {vectors} over {} steps",
            self.steps
        ))?;
        if let Some(memory) = &self.memory {
            for (name, bytes, touched) in [
                ("arena", memory.arena_bytes, memory.arena_touched),
                ("state", memory.state_bytes, memory.state_touched),
            ] {
                let [bytes, touched] = [bytes, touched].map(|it| thousands(u64::from(it)));
                print_line(&format!(
                    "{name}: {bytes} bytes promised, {touched} touched"
                ))?;
            }
        }
        match &self.tensors {
            Some(tensors) => print_tensors(tensors),
            None => Ok(()),
        }
    }
}

fn print_tensors(tensors: &[Difference]) -> Result<()> {
    let rows = tensors.iter().map(|it| {
        let lsb = |value: fn(&model::Lsb) -> f32| {
            it.lsb
                .as_ref()
                .map_or(String::new(), |lsb| format!("{:.2}", value(lsb)))
        };
        vec![
            it.tensor.clone(),
            format!("{:.3e}", it.max_abs),
            format!("{:.3e}", it.max_rel),
            lsb(|lsb| lsb.max),
            lsb(|lsb| lsb.mean),
        ]
    });
    let headings = [
        "tensor",
        ">largest difference",
        ">of its largest value",
        ">in LSB",
        ">mean LSB",
    ];
    print_line(&format!("\n{}", table(&headings, rows)))
}
