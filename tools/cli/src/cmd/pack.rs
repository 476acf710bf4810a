use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cadet_compiler::{Calibration, Options, Precision, Range, Report, compile};
use cadet_format::sign;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::compile_args::{CompileArgs, Numerics};
use crate::keys;
use crate::mixed::Mixed;
use crate::output::{print_json, write_new};
use crate::promotion::{PromotionArgs, Search};
use crate::samples;

/// Compile an ONNX model into a package
///
/// Without --calib in the arithmetic of the model: floats, or integers where it was quantised before (QDQ or
/// QOperator form). With --calib in int8, the samples giving the ranges of the activations; with --floor too, as many
/// layers in floats as it takes to be good enough.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    compile: CompileArgs,
    /// Where to write the package; without, beside the model with the ending `.cadet`
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Replace the output where it exists
    #[arg(long)]
    force: bool,
    /// Make an int8 package with ranges from these samples (.npy or .jsonl, real values of all inputs)
    #[arg(long)]
    calib: Option<PathBuf>,
    /// How a tensor's range follows from its values: min-max, from the least to the greatest; percentile:SHARE,
    /// without that share at each end, such as percentile:0.001; mse, with the least squared error; entropy, with the
    /// least Kullback-Leibler divergence
    #[arg(long, requires = "calib", default_value_t = Range::MinMax)]
    range: Range,
    /// Keep this step in floats (repeatable); `cadet fit` lists the names of all steps
    #[arg(long, value_name = "STEP", requires = "calib")]
    keep_float: Vec<String>,
    /// Keep in floats what costs more in int8, where that lowers the cost of the whole with its conversions: by the
    /// figures of --board or --target. The package is the same for every target then, and says what was replaced;
    /// without, such steps are only told
    #[arg(long, requires = "calib", conflicts_with = "floor")]
    mixed: bool,
    /// Scale the channels between layers to the same range before quantising: cross-layer equalisation
    #[arg(long, requires = "calib")]
    equalise: bool,
    /// Take off each bias what rounding the weights adds to that channel on average over the samples
    #[arg(long, requires = "calib")]
    bias_correction: bool,
    #[command(flatten)]
    promotion: PromotionArgs,
    /// Rounding of integer steps
    #[arg(long, value_enum, default_value_t = Numerics::Onnx)]
    numerics: Numerics,
    /// Tokenizer of a language model: tokenizer.json, a SentencePiece .model or a .bin of llama2.c; without, that in the
    /// model's folder
    #[arg(long)]
    tokenizer: Option<PathBuf>,
    /// File with the names of the classes, one a line
    #[arg(long)]
    labels: Option<PathBuf>,
    /// How raw samples become the input, in words
    #[arg(long, default_value = "")]
    preprocessing: String,
    /// A fact on the model's origin, as key=value (repeatable)
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_fact)]
    provenance: Vec<(String, String)>,
    /// Devices refuse to go back to a lower one
    #[arg(long, default_value_t = 0)]
    security_version: u32,
    /// Sign the package with this secret key: PKCS#8 PEM, as `cadet keygen` and OpenSSL write it
    #[arg(long, value_name = "KEY")]
    sign: Option<PathBuf>,
    /// Which of a device's keys signs
    #[arg(long, default_value_t = 0, requires = "sign")]
    key_id: u16,
    /// Print the report as JSON; of a model that cannot be compiled, the unsupported nodes
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let output = args
        .output
        .clone()
        .unwrap_or_else(|| args.compile.model.with_extension("cadet"));
    // What a search leaves that misses its floor.
    let rejected = output.with_extension("below-floor.cadet");
    refuse_existing(&output, args.force)?;
    if args.promotion.is_wanted() {
        refuse_existing(&rejected, args.force)?;
    }
    let key = args.sign.as_deref().map(keys::read_secret).transpose()?;
    let model = args.compile.read_model()?;
    let mut options = Options {
        kept_float: args.keep_float.iter().cloned().collect(),
        equalise: args.equalise,
        bias_correction: args.bias_correction,
        numerics: args.numerics.into(),
        security_version: args.security_version,
        preprocessing: args.preprocessing.clone(),
        ..args.compile.options()?
    };
    options.provenance.extend(args.provenance.iter().cloned());
    options.tokenizer = args.compile.tokenizer(args.tokenizer.as_deref())?;
    if let Some(path) = &args.labels {
        options.labels = read_labels(path)?;
    }
    let failed = || format!("cannot pack {}", args.compile.model.display());
    if let Some(path) = &args.calib {
        // The float plan over the whole window tells how long a sample is.
        let whole = Options {
            stream: None,
            ..options.clone()
        };
        let float = cadet_compiler::fit(&model, &whole);
        let sources = (&model[..], &options);
        let float = args
            .compile
            .or_whole(float, sources, |whole| whole.report, args.json)?;
        options.precision = Precision::Int8(Calibration {
            samples: samples::read(path, sample_length(&float))?,
            range: args.range,
        });
        let fact = ("options.calibration.sha256".into(), sha256(path)?);
        options.provenance.extend([fact]);
    }
    let mixed = match (args.compile.load_costs()?, &options.precision) {
        (Some(costs), Precision::Int8(_)) => {
            let mixed = Mixed::weigh(&model, &options, &costs, args.mixed).with_context(failed)?;
            let replaced: Vec<String> = mixed.replaced().collect();
            if let (false, Some(name)) = (replaced.is_empty(), args.compile.target_name()) {
                options
                    .provenance
                    .insert("options.mixed".into(), name.into());
            }
            options.kept_float.extend(replaced);
            Some(mixed)
        }
        _ if args.mixed => bail!("--mixed needs the figures of a --board or --target"),
        _ => None,
    };
    let (mut compiled, search) = match args.promotion.search(&model, &options) {
        None => {
            let compiled = compile(&model, &options);
            let sources = (&model[..], &options);
            let or_whole = args.compile.or_whole(compiled, sources, |it| it, args.json);
            (or_whole?, None)
        }
        Some(found) => {
            let (compiled, search) = found.with_context(failed)?;
            (compiled, Some(search))
        }
    };
    let fit = compiled.report.fit.as_ref();
    if let Some(fit) = fit.filter(|fit| !fit.fits()) {
        bail!(
            "{} does not fit {}, so nothing was written; `cadet fit --board {}` shows what it takes",
            args.compile.model.display(),
            fit.board,
            fit.board
        );
    }
    let missed = search.as_ref().filter(|search| !search.is_reached());
    let path = if missed.is_some() { &rejected } else { &output };
    if let (Some(key), None) = (key, missed) {
        sign(&mut compiled.package, &key, args.key_id)?;
    }
    write_new(path, &compiled.package, args.force)?;
    if args.json {
        print_json(&Packed {
            report: &compiled.report,
            search: search.as_ref(),
            mixed: mixed.as_ref(),
        })?;
    } else {
        super::fit::print(&compiled.report, None, Some(path))?;
        search.as_ref().map_or(Ok(()), Search::print)?;
        mixed.as_ref().map_or(Ok(()), Mixed::print)?;
    }
    match missed {
        Some(search) => bail!("{}; it is kept as {}", search.verdict(), path.display()),
        None => Ok(()),
    }
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Packed<'a> {
    #[serde(flatten)]
    report: &'a Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<&'a Search>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mixed: Option<&'a Mixed>,
}

fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    if path.exists() && !force {
        bail!(
            "{} exists and was not touched; pass --force to replace it",
            path.display()
        );
    }
    Ok(())
}

/// Elements of all inputs of a model.
fn sample_length(report: &Report) -> usize {
    report
        .inputs
        .iter()
        .map(|port| port.shape.iter().product::<usize>())
        .sum()
}

fn read_labels(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("cannot read labels from {}", path.display()))?;
    Ok(text.lines().map(|line| line.trim().to_owned()).collect())
}

fn sha256(path: &Path) -> Result<String> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let digest = Sha256::digest(bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn parse_fact(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    if key.starts_with("model.") || key.starts_with("options.") {
        return Err("facts on `model.` and `options.` are written by cadet itself".into());
    }
    Ok((key.to_owned(), value.to_owned()))
}
