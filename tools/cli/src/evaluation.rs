//! What a classifier decides on samples, by our own engine.

use std::collections::HashMap;

use anyhow::{Context, Result, bail};
use cadet_compiler::Compiled;
use cadet_host::{AlignedBytes, HostMemory, read_real, write_real};
use cadet_runtime::Package;

/// The class with the greatest score for each sample, which holds the elements of all inputs in ONNX order.
pub(crate) fn decisions(compiled: &Compiled, samples: &[Vec<f32>]) -> Result<Vec<usize>> {
    let bytes = AlignedBytes::copy_of(&compiled.package);
    let package = Package::new(bytes.as_slice())?;
    let mut memory = HostMemory::for_package(&package);
    let mut session = memory.session(package)?;
    let inputs = compiled.report.inputs.iter().map(|port| {
        let tensors = &compiled.report.tensors;
        let tensor = tensors.iter().find(|tensor| tensor.name == port.name);
        tensor.with_context(|| format!("the input `{}` is nowhere in memory", port.name))
    });
    let inputs: Vec<_> = inputs.collect::<Result<_>>()?;
    let decide = |sample: &Vec<f32>| {
        let mut rest = &sample[..];
        for (index, input) in inputs.iter().enumerate() {
            let (values, tail) = rest.split_at(input.extents.iter().product());
            write_real(&mut session, 0, index, &input.to_memory_order(values))?;
            rest = tail;
        }
        session.run(0)?;
        let scores = read_real(&session, 0, 0)?;
        if scores.len() < 2 {
            bail!(
                "the model has {} score; decisions need two or more",
                scores.len()
            );
        }
        Ok(first_greatest(&scores))
    };
    samples.iter().map(decide).collect()
}

fn first_greatest(scores: &[f32]) -> usize {
    let better = |best: usize, i: usize| if scores[i] > scores[best] { i } else { best };
    (1..scores.len()).fold(0, better)
}

/// Share of places where two lists are equal.
pub(crate) fn agreement(a: &[usize], b: &[usize]) -> f64 {
    let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
    same as f64 / a.len().max(1) as f64
}

/// Refuses sets of samples that share a row: a measure on rows that the model was calibrated with says too
/// little about others.
pub(crate) fn refuse_shared_rows(calib: &[Vec<f32>], eval: &[Vec<f32>]) -> Result<()> {
    let bits = |row: &Vec<f32>| {
        row.iter()
            .map(|value| value.to_bits())
            .collect::<Vec<u32>>()
    };
    let rows = calib.iter().enumerate();
    let known: HashMap<Vec<u32>, usize> = rows.map(|(index, row)| (bits(row), index)).collect();
    for (index, row) in eval.iter().enumerate() {
        if let Some(other) = known.get(&bits(row)) {
            bail!(
                "row {index} of --eval is row {other} of --calib; the two sets must be apart for the measure to \
                 mean anything"
            );
        }
    }
    Ok(())
}
