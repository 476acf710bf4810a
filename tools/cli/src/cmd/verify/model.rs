//! A package against the ONNX model that it was made from, tensor by tensor, with tract as the reference.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use cadet_compiler::{Options, Report, TensorReport, fit};
use cadet_format::{Generator, Manifest, Package};
use cadet_host::{FloatTensor, HostMemory, HostSession, OnnxRunner, real_values, write_real};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::samples;

/// How a tensor differs from the model's, over all samples.
#[derive(Clone, Serialize)]
pub(super) struct Difference {
    pub(super) tensor: String,
    /// The step that writes it.
    pub(super) step: String,
    pub(super) max_abs: f32,
    /// Of the largest magnitude in the model's tensor.
    pub(super) max_rel: f32,
    /// Where, by ONNX's axes, and what is there.
    pub(super) index: Vec<usize>,
    pub(super) in_package: f32,
    pub(super) in_model: f32,
    /// In steps of the tensor's scale, where it is quantised.
    pub(super) lsb: Option<Lsb>,
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct Lsb {
    pub(super) max: f32,
    pub(super) mean: f32,
}

/// A tensor of the model in the package.
struct Place<'a> {
    report: &'a TensorReport,
    row: u16,
    /// The step of program 0 that writes it.
    step: usize,
}

/// Runs package and model on the samples in `inputs` (a file an input), or on the golden vectors' inputs where
/// there are none, and compares all tensors that both have, in the order that the steps write them.
pub(super) fn compare(
    package: &Package<'_>,
    model: &Path,
    inputs: &[PathBuf],
) -> Result<Vec<Difference>> {
    let context = || format!("cannot compare with {}", model.display());
    let onnx = std::fs::read(model).with_context(context)?;
    if Sha256::digest(&onnx)[..16] != package.header().model_id {
        bail!(
            "{} is not the model that the package was made from",
            model.display()
        );
    }
    let manifest = Manifest::decode(package.manifest_bytes())?;
    let options = Options {
        target: package.target(),
        ..Options::recorded(manifest.provenance)
    };
    if options.stream.is_some() {
        bail!(
            "the package runs frame by frame, and the model over the whole window, so their tensors differ; verify a \
             package made without --stream, which gives the same bytes"
        );
    }
    let report = fit(&onnx, &options).with_context(context)?;
    let places = places(package, &manifest, &report);
    let names: Vec<&str> = places.iter().map(|it| it.report.name.as_str()).collect();
    let runner =
        OnnxRunner::observing(&onnx, &options.input_shapes, &names).with_context(context)?;
    if runner.outputs().is_empty() {
        bail!("package and model share no tensor: it was packed by another release");
    }

    let mut memory = HostMemory::for_package(package);
    let mut session = memory.session(*package)?;
    let mut differences: Vec<Difference> = Vec::new();
    for mut sample in read_samples(&mut session, inputs)? {
        if inputs.is_empty() {
            keep_to_ranges(&mut sample, &report, &options);
        }
        let wanted = run_model(&runner, &report, &sample).with_context(context)?;
        let found = run_package(&mut session, &places, &sample, &runner, &wanted)?;
        if differences.is_empty() {
            differences = found;
        } else {
            for (known, found) in differences.iter_mut().zip(found) {
                known.merge(found);
            }
        }
    }
    Ok(differences)
}

/// Where the package has the model's tensors: at the rows and steps of the plan that its options give again; by
/// their names where other ranges have changed that plan.
fn places<'a>(
    package: &Package<'_>,
    manifest: &Manifest<'_>,
    report: &'a Report,
) -> Vec<Place<'a>> {
    let rows: Vec<&str> = manifest.tensors.lines().collect();
    let steps: Vec<&str> = manifest.steps.lines().collect();
    let find = |list: &[&str], name: &str, expected: usize| {
        // The manifest has a name on one line.
        let name = name.replace(['\n', '\r'], " ");
        match list.get(expected) {
            Some(it) if **it == name => Some(expected),
            _ => list.iter().position(|it| **it == name),
        }
    };
    let tensors = report.tensors.iter().filter_map(|tensor| {
        let step = tensor.step?;
        let row = find(&rows, &tensor.name, usize::from(tensor.tensor))?;
        let row = u16::try_from(row).ok()?;
        let elements: usize = tensor.extents.iter().product();
        (package.tensor(row)?.elements() == elements).then_some(Place {
            report: tensor,
            row,
            step: find(&steps, &report.steps.get(step)?.name, step)?,
        })
    });
    let mut places: Vec<Place<'_>> = tensors.collect();
    places.sort_by_key(|place| place.step);
    places
}

/// The real values of all inputs, in the package's order, for each sample.
fn read_samples(
    session: &mut HostSession<'_, '_>,
    files: &[PathBuf],
) -> Result<Vec<Vec<Vec<f32>>>> {
    let package = *session.package();
    let ports = package.inputs(0).unwrap_or_default().len();
    let infos: Result<Vec<_>, _> = (0..ports)
        .map(|index| session.input_info(0, index))
        .collect();
    let infos = infos?;
    if !files.is_empty() {
        let lengths: Vec<usize> = infos.iter().map(|info| info.elements()).collect();
        return samples::read_inputs(files, &lengths);
    }
    let golden = package.golden();
    let (seed, vectors) = golden.map_or((1, 2), |it| (it.header().seed, it.header().vectors));
    let vectors = (0..vectors).map(|vector| {
        let mut generator = Generator::new(seed.wrapping_add(vector));
        let inputs = infos.iter().map(|info| {
            let mut bytes = vec![0; info.bytes];
            generator.fill(info.dtype, &mut bytes);
            real_values(info, &bytes)
        });
        Ok(inputs.collect::<Result<_, _>>()?)
    });
    vectors.collect()
}

/// Clamps made-up inputs to the ranges that the package was compiled for.
fn keep_to_ranges(sample: &mut [Vec<f32>], report: &Report, options: &Options) {
    for (values, port) in sample.iter_mut().zip(&report.inputs) {
        if let Some(&(min, max)) = options.input_ranges.get(&port.name) {
            values.iter_mut().for_each(|it| *it = it.clamp(min, max));
        }
    }
}

fn run_model(
    runner: &OnnxRunner,
    report: &Report,
    sample: &[Vec<f32>],
) -> Result<Vec<FloatTensor>> {
    let ports = report.tensors.iter().filter(|tensor| tensor.step.is_none());
    let inputs: Vec<Vec<f32>> = ports
        .zip(sample)
        .map(|(port, values)| port.to_onnx_order(values))
        .collect();
    let inputs = inputs.iter().zip(runner.inputs());
    let inputs: Vec<(&[f32], &[usize])> = inputs
        .map(|(values, declared)| (&values[..], &declared.shape[..]))
        .collect();
    Ok(runner.run(&inputs)?)
}

fn run_package(
    session: &mut HostSession<'_, '_>,
    places: &[Place<'_>],
    sample: &[Vec<f32>],
    runner: &OnnxRunner,
    wanted: &[FloatTensor],
) -> Result<Vec<Difference>> {
    let package = *session.package();
    let steps = Manifest::decode(package.manifest_bytes())?.steps;
    session.reset_state();
    for (index, values) in sample.iter().enumerate() {
        write_real(session, 0, index, values)?;
    }
    let mut differences = Vec::new();
    for (step, name) in (0..package.steps(0).unwrap_or_default().len()).zip(steps.lines()) {
        session.step(0, step)?;
        for place in places.iter().filter(|place| place.step == step) {
            let mut outputs = runner.outputs().iter().zip(wanted);
            let reference = outputs.find(|(output, _)| output.name == place.report.name);
            let (Some((_, reference)), Some(info)) = (reference, package.tensor(place.row)) else {
                continue;
            };
            let values = real_values(&info, session.tensor(place.row)?)?;
            let values = place.report.to_onnx_order(&values);
            // The package may do without channels that are always the same.
            if values.len() != reference.values.len() {
                continue;
            }
            differences.push(Difference::new(place, name, &values, reference, info.scale));
        }
    }
    Ok(differences)
}

impl Difference {
    fn new(
        place: &Place<'_>,
        step: &str,
        values: &[f32],
        reference: &FloatTensor,
        scale: f32,
    ) -> Difference {
        let distances = values.iter().zip(&reference.values);
        let distances: Vec<f32> = distances.map(|(a, b)| distance(*a, *b)).collect();
        let worst = distances
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1));
        let (index, max_abs) = worst.map_or((0, 0.0), |(index, distance)| (index, *distance));
        let magnitude = reference
            .values
            .iter()
            .fold(0.0_f32, |most, it| most.max(it.abs()));
        let mean = distances.iter().sum::<f32>() / distances.len().max(1) as f32;
        Difference {
            tensor: place.report.name.clone(),
            step: step.into(),
            max_abs,
            max_rel: if max_abs == 0.0 {
                0.0
            } else {
                max_abs / magnitude
            },
            index: unravel(index, &reference.shape),
            in_package: values.get(index).copied().unwrap_or_default(),
            in_model: reference.values.get(index).copied().unwrap_or_default(),
            lsb: (scale > 0.0).then(|| Lsb {
                max: max_abs / scale,
                mean: mean / scale,
            }),
        }
    }

    /// Whether a float tensor is further from the model's than `tolerance`.
    pub(super) fn is_wrong(&self, tolerance: f32) -> bool {
        self.lsb.is_none() && (self.max_rel > tolerance || self.max_rel.is_nan())
    }

    pub(super) fn describe(&self) -> String {
        format!(
            "`{}`, written by step {}, is the first tensor that differs from the model's: by up to {} \
             ({:.3e} of its largest value), at {:?}, where it is {} and not {}",
            self.tensor,
            self.step,
            self.max_abs,
            self.max_rel,
            self.index,
            self.in_package,
            self.in_model
        )
    }

    /// Keeps the worse of the two, but for the mean, of which it keeps the larger.
    fn merge(&mut self, other: Difference) {
        let mean = self.lsb.iter().chain(&other.lsb).map(|lsb| lsb.mean);
        let mean = mean.fold(0.0, f32::max);
        if other.max_rel > self.max_rel {
            *self = other;
        }
        if let Some(lsb) = &mut self.lsb {
            lsb.mean = mean;
        }
    }
}

/// 0 for equal values, NaN and infinities included.
fn distance(a: f32, b: f32) -> f32 {
    if a == b || (a.is_nan() && b.is_nan()) {
        return 0.0;
    }
    let distance = (a - b).abs();
    if distance.is_nan() {
        f32::INFINITY
    } else {
        distance
    }
}

fn unravel(index: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = index;
    let mut axes: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&length| {
            let position = rest % length.max(1);
            rest /= length.max(1);
            position
        })
        .collect();
    axes.reverse();
    axes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_by_axis() {
        assert_eq!(unravel(17, &[2, 3, 4]), [1, 1, 1]);
        assert_eq!(unravel(0, &[]), [0; 0]);
    }

    #[test]
    fn what_is_not_finite_may_be_equal() {
        assert_eq!(distance(f32::NAN, f32::NAN), 0.0);
        assert_eq!(distance(f32::INFINITY, f32::INFINITY), 0.0);
        assert_eq!(distance(f32::NAN, 1.0), f32::INFINITY);
        assert_eq!(distance(f32::INFINITY, 1.0), f32::INFINITY);
        assert_eq!(distance(1.0, 3.0), 2.0);
    }
}
