//! The integers of every tensor of a quantised model in a reference runtime, beside ours.

use std::path::Path;

use cadet_compiler::Compiled;

use crate::support::Machine;

/// Name and values of every int8 tensor, sample by sample.
pub(crate) type Tensors = Vec<Vec<(String, Vec<i8>)>>;

/// Reads what `integers.py` and `quantise.py` write: names and lengths beside the values.
pub(crate) fn read(path: &Path) -> Tensors {
    let listed = std::fs::read(path.with_extension("json")).unwrap();
    let listed: Vec<serde_json::Value> = serde_json::from_slice(&listed).unwrap();
    let bytes = std::fs::read(path.with_extension("bin")).unwrap();
    let mut rest: &[i8] = bytemuck::cast_slice(&bytes);
    let mut runs = Vec::new();
    while !rest.is_empty() {
        let tensors = listed.iter().map(|tensor| {
            let (values, tail) = rest.split_at(tensor["len"].as_u64().unwrap() as usize);
            rest = tail;
            (
                tensor["name"].as_str().unwrap().to_string(),
                values.to_vec(),
            )
        });
        runs.push(tensors.collect());
    }
    runs
}

/// Differences in steps of the output's scale.
pub(crate) struct Histogram([u64; 256]);

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram([0; 256])
    }
}

impl Histogram {
    pub(crate) fn add(&mut self, ours: &[i8], theirs: &[i8]) {
        assert_eq!(ours.len(), theirs.len());
        for (a, b) in ours.iter().zip(theirs) {
            self.0[usize::from(a.abs_diff(*b))] += 1;
        }
    }

    pub(crate) fn share_different(&self) -> f64 {
        1.0 - self.0[0] as f64 / self.0.iter().sum::<u64>() as f64
    }

    pub(crate) fn largest(&self) -> usize {
        self.0.iter().rposition(|&count| count > 0).unwrap_or(0)
    }
}

impl std::fmt::Display for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (difference, count) in self.0.iter().enumerate().filter(|(_, count)| **count > 0) {
            write!(f, " {difference}:{count}")?;
        }
        Ok(())
    }
}

/// Runs a package on every sample and compares each tensor that the reference has too; `follow`
/// writes the reference's values over ours after each step, so that every step sees the reference's
/// inputs.
pub(crate) fn compare(
    compiled: &Compiled,
    inputs: &[i8],
    reference: &Tensors,
    follow: bool,
    mut seen: impl FnMut(&str, &[i8], &[i8]),
) {
    let report = &compiled.report;
    let elements = inputs.len() / reference.len();
    Machine::new(compiled).with_session(|session| {
        for (input, wanted) in inputs.chunks_exact(elements).zip(reference) {
            session.write_input(0, 0, input).unwrap();
            for step in 0..report.steps.len() {
                session.step(0, step).unwrap();
                for tensor in report.tensors.iter().filter(|t| t.step == Some(step)) {
                    let Some((name, theirs)) = wanted.iter().find(|(n, _)| *n == tensor.name)
                    else {
                        continue;
                    };
                    let ours = bytemuck::cast_slice(session.tensor(tensor.tensor).unwrap());
                    seen(name, &tensor.to_onnx_order(ours), theirs);
                    if follow {
                        let memory = tensor.to_memory_order(theirs);
                        let bytes = session.tensor_mut(tensor.tensor).unwrap();
                        bytes.copy_from_slice(bytemuck::cast_slice(&memory));
                    }
                }
            }
        }
    });
}
