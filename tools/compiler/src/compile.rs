use cadet_format::{DType, Opcode};

use crate::decoder;
use crate::draft::Draft;
use crate::error::CompileError;
use crate::import::decoder::Pass;
use crate::import::import;
use crate::ir::Graph;
use crate::lower::Lowered;
use crate::options::{Options, Precision};
use crate::prune::prune;
use crate::quantise::{self, Calibrated};
use crate::report::Report;
use crate::stream::stream;
use crate::{golden, passes};

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
    if let Some(passes) = decoder::passes(onnx, options)? {
        return decoder::compile(onnx, passes, options);
    }
    let graph = optimised(onnx, options, None)?;
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
    let draft = Draft::new(onnx, stream(graph, options)?, options)?;
    let bare = draft.package(None)?;
    let golden = golden::section(&bare, &draft.lowered, is_exact(&draft.lowered))?;
    let (section, golden) = golden.unzip();
    let mut compiled = draft.compiled(section.as_deref())?;
    compiled.report.golden = golden;
    Ok(compiled)
}

/// What [`compile`] would report, without running anything: sizes do not depend on the values of
/// weights and calibration data, so int8 needs no samples here. Its scales are not meaningful.
///
/// # Errors
/// As [`compile`].
pub fn fit(onnx: &[u8], options: &Options) -> Result<Report, CompileError> {
    if let Some(passes) = decoder::passes(onnx, options)? {
        return Ok(decoder::compile(onnx, passes, options)?.report);
    }
    let mut graph = optimised(onnx, options, None)?;
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
    let draft = Draft::new(onnx, stream(graph, options)?, options)?;
    let golden = golden::placeholder(draft.lowered.steps.len());
    Ok(draft.compiled(Some(&golden))?.report)
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
pub(crate) fn optimised(
    onnx: &[u8],
    options: &Options,
    pass: Option<&Pass>,
) -> Result<Graph, CompileError> {
    let mut graph = import(onnx, &options.input_shapes, pass)?;
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
