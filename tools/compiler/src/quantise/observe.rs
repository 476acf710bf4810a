use std::collections::HashMap;

use cadet_format::DType;

use super::by_channel::by_channel;
use super::histogram::Histogram;
use crate::error::CompileError;
use crate::ir::{Graph, TensorId};
use crate::layout::Arranged;
use crate::options::{Calibration, Options, Range};
use crate::run::{Scratch, defect, floats};

/// Values of the float activations of one run, in ONNX order.
pub(super) type Activations = HashMap<TensorId, Vec<f32>>;

/// Range of every activation of a float graph over the calibration data, by tensor; `(0, 0)` for
/// constants.
pub(super) fn ranges(
    graph: &Graph,
    calibration: &Calibration,
    options: &Options,
) -> Result<Vec<(f32, f32)>, CompileError> {
    let samples = &calibration.samples;
    let mut ranges = vec![(0.0_f32, 0.0_f32); graph.tensors.len()];
    observe(graph, samples, options, |sample, activations| {
        for (tensor, values) in activations {
            let range = &mut ranges[tensor.0];
            for &value in values {
                if !value.is_finite() {
                    let name = &graph.tensor(*tensor).name;
                    return Err(option(format!("sample {sample} gives {value} in `{name}`")));
                }
                *range = (range.0.min(value), range.1.max(value));
            }
        }
        Ok(())
    })?;
    if calibration.range == Range::MinMax {
        return Ok(ranges);
    }
    let mut histograms: Vec<Histogram> = ranges.into_iter().map(Histogram::new).collect();
    observe(graph, samples, options, |_, activations| {
        for (tensor, values) in activations {
            histograms[tensor.0].add(values);
        }
        Ok(())
    })?;
    let chosen = histograms.iter();
    Ok(chosen
        .map(|histogram| histogram.range(calibration.range))
        .collect())
}

/// Mean over the samples of every element that a layer of a float graph reads.
pub(super) fn means(
    graph: &Graph,
    samples: &[Vec<f32>],
    options: &Options,
) -> Result<Activations, CompileError> {
    let mut means = Activations::new();
    for node in graph.nodes.iter().filter(|node| node.op.is_layer()) {
        let zeros = vec![0.0; graph.tensor(node.inputs[0]).len()];
        means.insert(node.inputs[0], zeros);
    }
    let share = 1.0 / samples.len() as f32;
    observe(graph, samples, options, |_, activations| {
        for (tensor, mean) in &mut means {
            let values = activations.get(tensor).into_iter().flatten();
            mean.iter_mut()
                .zip(values)
                .for_each(|(mean, value)| *mean += value * share);
        }
        Ok(())
    })?;
    Ok(means)
}

/// Greatest magnitude over the samples in every channel that a layer of a float graph writes.
pub(super) fn reaches(
    graph: &Graph,
    samples: &[Vec<f32>],
    options: &Options,
) -> Result<Activations, CompileError> {
    let mut reaches = Activations::new();
    observe(graph, samples, options, |_, activations| {
        for node in &graph.nodes {
            let shape = graph.shape(node.output());
            let (Some(axis), Some(values)) = (
                node.op.channel_axis(shape.len()),
                activations.get(&node.output()),
            ) else {
                continue;
            };
            let reach = reaches
                .entry(node.output())
                .or_insert(vec![0.0_f32; shape[axis]]);
            for (channel, value) in by_channel(values, shape, axis) {
                reach[channel] = reach[channel].max(value.abs());
            }
        }
        Ok(())
    })?;
    Ok(reaches)
}

/// Runs samples through a float graph and shows the number and the activations of each.
pub(super) fn observe(
    graph: &Graph,
    samples: &[Vec<f32>],
    options: &Options,
    mut show: impl FnMut(usize, &Activations) -> Result<(), CompileError>,
) -> Result<(), CompileError> {
    let scratch = Scratch::new(graph.clone(), options)?;
    let mut arena = scratch.arena();
    let mut session = scratch.session(&mut arena)?;
    let lowered = &scratch.lowered;
    let layouts = scratch.arranged.layouts[..graph.tensors.len()].iter();
    let indices: Vec<Vec<usize>> = layouts.map(|layout| layout.onnx_indices()).collect();
    for (number, sample) in split(&scratch.arranged, samples)?.iter().enumerate() {
        for (index, input) in sample.iter().enumerate() {
            session.write_input(0, index, input).map_err(defect)?;
        }
        let mut activations = Activations::new();
        let steps = std::iter::once(None).chain((0..lowered.steps.len()).map(Some));
        for step in steps {
            if let Some(step) = step {
                session.step(0, step).map_err(defect)?;
            }
            let is_float = |row: &u16| lowered.tensors[usize::from(*row)].dtype == DType::F32;
            let written = lowered.activations.iter();
            let written = written.filter(|(_, row, by)| *by == step && is_float(row));
            for &(tensor, row, _) in written {
                // What the graph does not have is a copy in another memory order.
                if let Some(indices) = indices.get(tensor.0) {
                    let memory = floats(&session, row)?;
                    let mut values = vec![0.0; memory.len()];
                    for (&index, &value) in indices.iter().zip(memory) {
                        values[index] = value;
                    }
                    activations.insert(tensor, values);
                }
            }
        }
        show(number, &activations)?;
    }
    Ok(())
}

/// The inputs of each sample in memory order; a sample holds their elements one after the other.
fn split(arranged: &Arranged, samples: &[Vec<f32>]) -> Result<Vec<Vec<Vec<f32>>>, CompileError> {
    if samples.is_empty() {
        return Err(option(
            "int8 needs at least one sample; some hundred are usual".into(),
        ));
    }
    let inputs = arranged.graph.inputs.iter();
    let orders: Vec<Vec<usize>> = inputs
        .map(|id| arranged.layouts[id.0].onnx_indices())
        .collect();
    let total: usize = orders.iter().map(Vec::len).sum();
    let split_one = |(index, sample): (usize, &Vec<f32>)| {
        if sample.len() != total {
            let len = sample.len();
            let message = format!("sample {index} has {len} values, the model's inputs {total}");
            return Err(option(message));
        }
        let mut rest = &sample[..];
        let inputs = orders.iter().map(|order| {
            let (input, tail) = rest.split_at(order.len());
            rest = tail;
            order.iter().map(|&index| input[index]).collect()
        });
        Ok(inputs.collect())
    };
    samples.iter().enumerate().map(split_one).collect()
}

fn option(reason: String) -> CompileError {
    CompileError::Option {
        option: "calibration",
        reason,
    }
}
