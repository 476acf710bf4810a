use cadet_format::DType;
use cadet_runtime::Session;

use super::histogram::Histogram;
use crate::error::CompileError;
use crate::ir::Graph;
use crate::layout::Arranged;
use crate::lower::Lowered;
use crate::options::{Calibration, Options, Range};
use crate::run::{Scratch, defect, floats};

/// Range of every activation of a float graph over the calibration data, by tensor; `(0, 0)` for
/// constants.
pub(super) fn ranges(
    graph: &Graph,
    calibration: &Calibration,
    options: &Options,
) -> Result<Vec<(f32, f32)>, CompileError> {
    let scratch = Scratch::new(graph.clone(), options)?;
    let mut arena = scratch.arena();
    let mut session = scratch.session(&mut arena)?;
    let samples = split(&scratch.arranged, &calibration.samples)?;

    let mut ranges = vec![(0.0_f32, 0.0_f32); scratch.arranged.graph.tensors.len()];
    for (index, sample) in samples.iter().enumerate() {
        observe(&mut session, &scratch.lowered, sample, |tensor, values| {
            let range = &mut ranges[tensor];
            for &value in values {
                if !value.is_finite() {
                    let name = &scratch.arranged.graph.tensors[tensor].name;
                    return Err(option(format!("sample {index} gives {value} in `{name}`")));
                }
                *range = (range.0.min(value), range.1.max(value));
            }
            Ok(())
        })?;
    }
    if calibration.range == Range::MinMax {
        return Ok(ranges);
    }
    let mut histograms: Vec<Histogram> = ranges.into_iter().map(Histogram::new).collect();
    for sample in &samples {
        observe(&mut session, &scratch.lowered, sample, |tensor, values| {
            histograms[tensor].add(values);
            Ok(())
        })?;
    }
    let chosen = histograms.iter();
    Ok(chosen
        .map(|histogram| histogram.range(calibration.range))
        .collect())
}

/// Runs one sample and shows the values of every float activation, in memory order.
pub(super) fn observe(
    session: &mut Session<'_, '_>,
    lowered: &Lowered,
    sample: &[Vec<f32>],
    mut show: impl FnMut(usize, &[f32]) -> Result<(), CompileError>,
) -> Result<(), CompileError> {
    for (index, input) in sample.iter().enumerate() {
        session.write_input(0, index, input).map_err(defect)?;
    }
    let steps = std::iter::once(None).chain((0..lowered.steps.len()).map(Some));
    for step in steps {
        if let Some(step) = step {
            session.step(0, step).map_err(defect)?;
        }
        let is_float = |row: &u16| lowered.tensors[usize::from(*row)].dtype == DType::F32;
        let written = lowered.activations.iter();
        let written = written.filter(|(_, row, by)| *by == step && is_float(row));
        for &(tensor, row, _) in written {
            show(tensor.0, floats(session, row)?)?;
        }
    }
    Ok(())
}

/// The inputs of each sample in memory order; a sample holds their elements one after the other.
pub(super) fn split(
    arranged: &Arranged,
    samples: &[Vec<f32>],
) -> Result<Vec<Vec<Vec<f32>>>, CompileError> {
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
