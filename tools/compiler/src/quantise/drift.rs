use std::collections::HashMap;

use cadet_format::DType;
use cadet_runtime::Session;
use serde::Serialize;

use super::Calibrated;
use super::observe::{Activations, observe};
use crate::error::CompileError;
use crate::ir::{Affine, Graph, TensorId};
use crate::options::Options;
use crate::run::{Scratch, defect};

/// Samples that are compared at most.
const SAMPLES: usize = 64;

/// How far the results of a step of a quantised model are from those of the float model, over calibration
/// data: squared error as a share of the squared float values, its mean over the samples, the root of that.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// Name of the step.
    pub step: String,
    /// ONNX operator.
    pub op: &'static str,
    /// Whether the step works on floats.
    pub is_float: bool,
    /// In the whole quantised model.
    pub total: f64,
    /// Of the step alone, its inputs taken from the float model.
    pub own: f64,
}

/// Compares every step of the quantised model whose result the float model has too.
pub(crate) fn drift(
    calibrated: &Calibrated,
    samples: &[Vec<f32>],
    options: &Options,
) -> Result<Vec<Drift>, CompileError> {
    let int8 = Scratch::new(calibrated.quantised(options)?, options)?;
    let mut arena = int8.arena();
    let mut int8 = Machine {
        rows: rows(&int8),
        origins: origins(&int8.arranged.graph, calibrated.graph.tensors.len()),
        session: int8.session(&mut arena)?,
        scratch: &int8,
    };
    let mut errors = vec![Errors::default(); int8.scratch.lowered.steps.len()];
    let samples = &samples[..samples.len().min(SAMPLES)];
    observe(&calibrated.graph, samples, options, |_, truth| {
        int8.run(truth, &mut errors)
    })?;
    let steps = int8.scratch.lowered.steps.iter().zip(int8.outputs());
    let compared = steps.zip(&errors).filter(|(_, errors)| errors.samples > 0);
    let drift = compared.map(|((step, output), errors)| Drift {
        step: step.name.clone(),
        op: step.op,
        is_float: int8.scratch.arranged.graph.affine(output).is_none(),
        total: errors.mean(errors.total),
        own: errors.mean(errors.own),
    });
    Ok(drift.collect())
}

/// Errors of one step: squares as shares of the squared float values, summed over samples.
#[derive(Clone, Debug, Default)]
struct Errors {
    samples: usize,
    total: f64,
    own: f64,
}

impl Errors {
    fn mean(&self, sum: f64) -> f64 {
        (sum / self.samples as f64).sqrt()
    }
}

/// The quantised model under way.
struct Machine<'a> {
    scratch: &'a Scratch,
    session: Session<'a, 'a>,
    /// Row of each activation.
    rows: HashMap<TensorId, u16>,
    /// The tensor of the float model that each tensor holds the values of.
    origins: HashMap<TensorId, TensorId>,
}

impl Machine<'_> {
    /// First output of each step.
    fn outputs(&self) -> impl Iterator<Item = TensorId> {
        let nodes = self.scratch.arranged.graph.nodes.iter();
        nodes
            .filter(|node| !node.op.is_view())
            .map(|node| node.output())
    }

    /// Runs the inputs of `truth`, first as a whole, then step by step on inputs from `truth`.
    fn run(&mut self, truth: &Activations, errors: &mut [Errors]) -> Result<(), CompileError> {
        let graph = &self.scratch.arranged.graph;
        for &input in &graph.inputs {
            self.write(input, truth)?;
        }
        let outputs: Vec<TensorId> = self.outputs().collect();
        for (step, &output) in outputs.iter().enumerate() {
            self.session.step(0, step).map_err(defect)?;
            if let Some(error) = self.compare(output, truth)? {
                errors[step].total += error;
            }
        }
        let nodes = graph.nodes.iter().filter(|node| !node.op.is_view());
        for (step, node) in nodes.enumerate() {
            let operands = node.inputs.iter().filter(|&&id| !graph.is_constant(id));
            let mut is_fed = true;
            for &operand in operands {
                is_fed &= self.write(operand, truth)?;
            }
            if !is_fed {
                continue;
            }
            self.session.step(0, step).map_err(defect)?;
            if let Some(error) = self.compare(node.output(), truth)? {
                errors[step].samples += 1;
                errors[step].own += error;
            }
        }
        Ok(())
    }

    /// Writes the float model's values of a tensor; false where it has none.
    fn write(&mut self, id: TensorId, truth: &Activations) -> Result<bool, CompileError> {
        let (Some(values), Some(&row)) = (truth.get(&self.origins[&id]), self.rows.get(&id)) else {
            return Ok(false);
        };
        let indices = self.scratch.arranged.layouts[id.0].onnx_indices();
        let memory = indices.into_iter().map(|index| values[index]);
        let bytes: Vec<u8> = match self.kind(row) {
            Some(Kind::Float) => memory.flat_map(f32::to_le_bytes).collect(),
            Some(Kind::Int8(affine)) => memory.map(|it| affine.quantise(it) as u8).collect(),
            None => return Ok(false),
        };
        let place = self.session.tensor_mut(row).map_err(defect)?;
        place.copy_from_slice(&bytes);
        Ok(true)
    }

    /// Squares of what a tensor differs by from the float model's values, as a share of their own squares.
    fn compare(&self, id: TensorId, truth: &Activations) -> Result<Option<f64>, CompileError> {
        // Of a tensor and its copies only itself counts.
        let (Some(values), Some(&row)) = (truth.get(&id), self.rows.get(&id)) else {
            return Ok(None);
        };
        let bytes = self.session.tensor(row).map_err(defect)?;
        let memory: Vec<f32> = match self.kind(row) {
            Some(Kind::Float) => {
                let words = bytes.as_chunks().0.iter();
                words.map(|&word| f32::from_le_bytes(word)).collect()
            }
            Some(Kind::Int8(affine)) => {
                let bytes = bytes.iter();
                bytes.map(|&it| affine.dequantise(it as i8)).collect()
            }
            None => return Ok(None),
        };
        let indices = self.scratch.arranged.layouts[id.0].onnx_indices();
        let (mut signal, mut error) = (0.0, 0.0);
        for (index, &value) in indices.into_iter().zip(&memory) {
            signal += f64::from(values[index]).powi(2);
            error += f64::from(value - values[index]).powi(2);
        }
        Ok(Some(match signal > 0.0 {
            true => error / signal,
            false => f64::from(u8::from(error > 0.0)),
        }))
    }

    fn kind(&self, row: u16) -> Option<Kind> {
        let tensor = &self.scratch.lowered.tensors[usize::from(row)];
        let (scale, zero_point) = (tensor.scale, tensor.zero_point);
        match tensor.dtype {
            DType::F32 => Some(Kind::Float),
            DType::I8 if scale > 0.0 => Some(Kind::Int8(Affine { scale, zero_point })),
            _ => None,
        }
    }
}

/// What the bytes of a tensor stand for.
enum Kind {
    Float,
    Int8(Affine),
}

fn rows(scratch: &Scratch) -> HashMap<TensorId, u16> {
    let activations = scratch.lowered.activations.iter();
    activations.map(|&(id, row, _)| (id, row)).collect()
}

/// Each tensor, and of those that came after the first `count`, which are copies in another type or order,
/// the tensor that they copy.
pub(super) fn origins(graph: &Graph, count: usize) -> HashMap<TensorId, TensorId> {
    let ids = (0..graph.tensors.len()).map(TensorId);
    let mut origins: HashMap<TensorId, TensorId> = ids.map(|id| (id, id)).collect();
    for node in graph.nodes.iter().filter(|node| node.output().0 >= count) {
        origins.insert(node.output(), origins[&node.inputs[0]]);
    }
    origins
}
