use cadet_format::{DType, Manifest, Opcode, board_id};
use sha2::{Digest, Sha256};

use crate::error::CompileError;
use crate::import::import;
use crate::ir::Graph;
use crate::layout::{Arranged, arrange};
use crate::lower::{Lowered, Place, lower};
use crate::options::{Options, Precision};
use crate::package::{self, Identity};
use crate::prune::prune;
use crate::quantise::{self, Calibrated};
use crate::report::{FlashBytes, Report, report};
use crate::{golden, passes, provenance};

/// A compiled model.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The package's bytes.
    pub package: Vec<u8>,
    /// What it takes and does.
    pub report: Report,
}

/// Compiles an ONNX model into a package.
///
/// # Errors
/// [`CompileError::Parse`] where `onnx` is no model, [`CompileError::Unsupported`] with every node
/// that cannot be compiled, and the other variants as they say.
pub fn compile(onnx: &[u8], options: &Options) -> Result<Compiled, CompileError> {
    let graph = optimised(onnx, options)?;
    let graph = match &options.precision {
        Precision::F32 => graph,
        Precision::Int8(calibration) => {
            check_kept_float(&graph, options)?;
            Calibrated::new(graph, calibration, options)?.quantised(options)?
        }
    };
    assemble(onnx, graph, options)
}

/// The package of an optimised graph, quantised where the model is to be.
pub(crate) fn assemble(
    onnx: &[u8],
    mut graph: Graph,
    options: &Options,
) -> Result<Compiled, CompileError> {
    quantise::compress_weights(&mut graph, options.weights);
    if options.prune {
        prune(&mut graph, options);
    }
    let arranged = arrange(graph, options.io);
    let lowered = lower(&arranged, options)?;
    let identity = identity(onnx, options);
    let manifest = manifest(onnx, &arranged, &lowered, options)?;
    let bare = package::write(&lowered, &identity, &manifest, None);
    let golden = golden::section(&bare, &lowered, is_exact(&lowered))?;
    let (section, golden) = golden.unzip();
    let package = package::write(&lowered, &identity, &manifest, section.as_deref());
    let flash = flash_bytes(&package, &lowered, &section.unwrap_or_default(), &manifest);
    let report = Report {
        golden,
        ..report(&arranged, &lowered, flash, options)
    };
    Ok(Compiled { package, report })
}

/// What [`compile`] would report, without running anything: sizes do not depend on the values of
/// weights and calibration data, so int8 needs no samples here. Its scales are not meaningful.
///
/// # Errors
/// As [`compile`].
pub fn fit(onnx: &[u8], options: &Options) -> Result<Report, CompileError> {
    let mut graph = optimised(onnx, options)?;
    let is_int8 = matches!(options.precision, Precision::Int8(_));
    if is_int8 {
        check_kept_float(&graph, options)?;
        graph = Calibrated::uncalibrated(graph).quantised(options)?;
    }
    quantise::compress_weights(&mut graph, options.weights);
    // Without real scales, nothing is known of what an int8 model would compute.
    if options.prune && !is_int8 {
        prune(&mut graph, options);
    }
    let arranged = arrange(graph, options.io);
    let lowered = lower(&arranged, options)?;
    let manifest = manifest(onnx, &arranged, &lowered, options)?;
    let golden = vec![0; golden::section_bytes(lowered.steps.len())];
    let package = package::write(&lowered, &identity(onnx, options), &manifest, Some(&golden));
    let flash = flash_bytes(&package, &lowered, &golden, &manifest);
    Ok(report(&arranged, &lowered, flash, options))
}

/// Refuses names of nodes that are not there, which would be quantised in silence.
pub(crate) fn check_kept_float(graph: &Graph, options: &Options) -> Result<(), CompileError> {
    let is_missing = |name: &&String| graph.nodes.iter().all(|node| node.name != **name);
    match options.kept_float.iter().find(is_missing) {
        None => Ok(()),
        Some(name) => Err(CompileError::Option {
            option: "kept_float",
            reason: format!(
                "the model has no step `{name}`; `cadet fit` lists the names of all steps"
            ),
        }),
    }
}

/// Refuses ranges of inputs that are not there, and ranges without values.
fn check_input_ranges(graph: &Graph, options: &Options) -> Result<(), CompileError> {
    let names: Vec<&str> = graph
        .inputs
        .iter()
        .map(|&id| graph.tensor(id).name.as_str())
        .collect();
    for (name, (min, max)) in &options.input_ranges {
        let reason = if !names.contains(&name.as_str()) {
            format!("the model has no input `{name}`; it has {names:?}")
        } else if min.is_nan() || max.is_nan() || min > max {
            format!("the range {min}..{max} of `{name}` is empty")
        } else {
            continue;
        };
        return Err(CompileError::Option {
            option: "input_ranges",
            reason,
        });
    }
    Ok(())
}

/// The graph of a model, rewritten but for its precision.
pub(crate) fn optimised(onnx: &[u8], options: &Options) -> Result<Graph, CompileError> {
    let mut graph = import(onnx, &options.input_shapes)?;
    check_input_ranges(&graph, options)?;
    if options.fuse {
        passes::fuse(&mut graph);
    }
    passes::legalise(&mut graph);
    if options.fuse {
        passes::integerise(&mut graph, options.numerics);
    }
    quantise::integers_of_layers(&mut graph);
    Ok(graph)
}

/// Whether every target gives the same bits: floats may be added in another order elsewhere.
fn is_exact(lowered: &Lowered) -> bool {
    let floats = [DType::F32, DType::F16, DType::Bf16].map(|dtype| dtype as u8);
    let mut kernels = lowered.kernels.iter();
    kernels.all(|kernel| {
        let is_conversion = kernel.opcode == Opcode::Quantize as u16;
        !floats.contains(&kernel.dtype) || is_conversion
    })
}

pub(crate) fn identity(onnx: &[u8], options: &Options) -> Identity {
    Identity {
        target: options.target,
        board: options
            .board
            .as_ref()
            .map_or(0, |board| board_id(&board.name)),
        security_version: options.security_version,
        model_id: model_id(onnx),
    }
}

fn flash_bytes(package: &[u8], lowered: &Lowered, golden: &[u8], manifest: &[u8]) -> FlashBytes {
    FlashBytes {
        total: package.len(),
        weights: lowered.weights.len(),
        golden: golden.len(),
        manifest: manifest.len(),
        plan: package.len() - lowered.weights.len() - golden.len() - manifest.len(),
    }
}

fn model_id(onnx: &[u8]) -> [u8; 16] {
    let digest = Sha256::digest(onnx);
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    id
}

fn manifest(
    onnx: &[u8],
    arranged: &Arranged,
    lowered: &Lowered,
    options: &Options,
) -> Result<Vec<u8>, CompileError> {
    let rows = |rows: &[u16]| {
        lines(
            rows.iter()
                .map(|&row| lowered.tensors[usize::from(row)].name.as_str()),
        )
    };
    // Constants and parts are found by the steps that read them.
    let activations = lowered.tensors.iter().map(|tensor| match tensor.place {
        Place::Weights(_) => "",
        _ if tensor.is_part => "",
        _ => tensor.name.as_str(),
    });
    let manifest = Manifest {
        producer: concat!("cadet ", env!("CARGO_PKG_VERSION")),
        model: &arranged.graph.name,
        board: options.board.as_ref().map_or("", |board| &board.name),
        inputs: &rows(&lowered.inputs),
        outputs: &rows(&lowered.outputs),
        steps: &lines(lowered.steps.iter().map(|step| step.name.as_str())),
        tensors: &lines(activations),
        labels: &lines(options.labels.iter().map(String::as_str)),
        preprocessing: &options.preprocessing,
        provenance: &lines(provenance::facts(onnx, options).iter()),
    };
    postcard::to_extend(&manifest, Vec::new())
        .map_err(|error| CompileError::SelfCheck(error.to_string()))
}

/// One entry a line; a line end within a name becomes a space.
pub(crate) fn lines<S: AsRef<str>>(entries: impl Iterator<Item = S>) -> String {
    let entries: Vec<String> = entries
        .map(|entry| entry.as_ref().replace(['\n', '\r'], " "))
        .collect();
    entries.join("\n")
}
