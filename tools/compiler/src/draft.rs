//! The way from a graph to its package: all but the golden vectors, which need a package to run.

use cadet_format::{Manifest, Package, ProgramKind, board_id};
use cadet_repack::laid_out;
use sha2::{Digest, Sha256};

use crate::compile::Compiled;
use crate::error::CompileError;
use crate::ir::Graph;
use crate::layout::{Arranged, arrange};
use crate::lower::{Lowered, Place, join, lower};
use crate::options::Options;
use crate::package::{self, Identity};
use crate::provenance;
use crate::report::{FlashBytes, report};
use crate::run::{Aligned, defect};

/// A lowered model and what else its package holds, but for golden vectors.
pub(crate) struct Draft<'a> {
    options: &'a Options,
    arranged: Arranged,
    pub(crate) lowered: Lowered,
    identity: Identity,
    manifest: Vec<u8>,
}

impl<'a> Draft<'a> {
    /// Arranges and lowers a graph, quantised where the model is to be.
    pub(crate) fn new(
        onnx: &[u8],
        graph: Graph,
        options: &'a Options,
    ) -> Result<Draft<'a>, CompileError> {
        let arranged = arrange(graph, options.io);
        let lowered = lower(&arranged, options)?;
        Ok(Draft {
            options,
            identity: identity(onnx, options),
            manifest: manifest(onnx, &arranged, &lowered, options)?,
            arranged,
            lowered,
        })
    }

    /// With a graph over the same state as a program of `kind`.
    pub(crate) fn with(self, graph: Graph, kind: ProgramKind) -> Result<Draft<'a>, CompileError> {
        let second = lower(&arrange(graph, self.options.io), self.options)?;
        let lowered = join(self.lowered, second, kind)?;
        Ok(Draft { lowered, ..self })
    }

    /// The package with this golden section, its weights laid out as the options say.
    pub(crate) fn package(&self, golden: Option<&[u8]>) -> Result<Vec<u8>, CompileError> {
        let tokenizer = self.options.tokenizer.as_deref();
        let (lowered, identity) = (&self.lowered, &self.identity);
        let canonical = package::write(lowered, identity, &self.manifest, golden, tokenizer);
        let aligned = Aligned::copy_of(&canonical, self.lowered.alignment);
        let view = Package::new(aligned.as_slice()).map_err(defect)?;
        let Options { target, layout, .. } = *self.options;
        let moved = laid_out(&view, target, layout);
        Ok(moved.map_or(canonical, |bytes| bytes.as_slice().to_vec()))
    }

    /// The package with this golden section and its report, which does not tell of the vectors.
    pub(crate) fn compiled(&self, golden: Option<&[u8]>) -> Result<Compiled, CompileError> {
        let package = self.package(golden)?;
        let aligned = Aligned::copy_of(&package, self.lowered.alignment);
        let view = Package::new(aligned.as_slice()).map_err(defect)?;
        let flash = self.flash_bytes(&view, golden.unwrap_or_default());
        let report = report(&self.arranged, &self.lowered, flash, self.options);
        Ok(Compiled { package, report })
    }

    fn flash_bytes(&self, package: &Package<'_>, golden: &[u8]) -> FlashBytes {
        let (total, manifest) = (package.bytes().len(), self.manifest.len());
        let weights = package.weights(0).unwrap_or_default().len();
        FlashBytes {
            total,
            weights,
            golden: golden.len(),
            manifest,
            plan: total - weights - golden.len() - manifest,
        }
    }
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
        provenance: &lines(
            provenance::facts(onnx, options)
                .into_iter()
                .chain(provenance::of_stream(arranged.graph.stream.as_ref())),
        ),
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
