//! Models that ONNX Runtime's static quantiser made: each form, type of activations and weights, per
//! tensor and per channel.
//!
//! Needs Python with `onnx` and `onnxruntime`; see `onnx_runtime`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use cadet_compiler::{Compiled, Options, compile};

use crate::integers::{Histogram, Tensors, compare, read};
use crate::support::python;

/// A quantised model and its integers in ONNX Runtime.
struct Model {
    name: String,
    compiled: Compiled,
    inputs: Vec<i8>,
    reference: Tensors,
}

fn models(python: &Path, script: &str) -> Vec<Model> {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
    let arguments = [script.as_path(), folder.path()];
    let run = Command::new(python).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    let names = String::from_utf8(run.stdout).unwrap();
    let model = |name: &str| {
        let path = folder.path().join(name);
        let onnx = std::fs::read(path.with_extension("onnx")).unwrap();
        let options = Options {
            prune: false,
            ..Options::float()
        };
        let compiled = compile(&onnx, &options).unwrap();
        let reference = read(&path);
        let samples = reference.iter().flatten();
        let inputs = samples.filter(|(name, _)| *name == compiled.report.inputs[0].name);
        Model {
            name: name.into(),
            inputs: inputs.flat_map(|(_, values)| values).copied().collect(),
            compiled,
            reference,
        }
    };
    names.lines().map(model).collect()
}

/// Steps of a model that run on floats.
fn float_steps(compiled: &Compiled) -> Vec<&str> {
    let is_float = |kernel: &str| !kernel.contains(".i8") || kernel.starts_with("quantize");
    let steps = compiled.report.steps.iter();
    let steps =
        steps.filter(|step| is_float(&step.kernel) || step.kernel.starts_with("dequantize"));
    steps.map(|step| step.name.as_str()).collect()
}

/// Compares every tensor of a model, each step fed the reference's integers, and gives the names of those that
/// were compared; prints how the outputs of the whole model differ.
fn agree(model: &Model) -> Vec<String> {
    let Model {
        name,
        compiled,
        inputs,
        reference,
    } = model;
    let mut steps: BTreeMap<String, Histogram> = BTreeMap::new();
    compare(compiled, inputs, reference, true, |tensor, ours, theirs| {
        steps.entry(tensor.into()).or_default().add(ours, theirs);
    });
    for (tensor, histogram) in &steps {
        let share = histogram.share_different();
        assert!(
            histogram.largest() <= 1 && share <= 0.001,
            "{name} `{tensor}`: {share} of the elements differ:{histogram}"
        );
    }
    let mut whole = Histogram::default();
    let outputs = compiled.report.outputs.iter().map(|output| &output.name);
    let outputs: Vec<&String> = outputs.collect();
    compare(
        compiled,
        inputs,
        reference,
        false,
        |tensor, ours, theirs| {
            if outputs.iter().any(|output| *output == tensor) {
                whole.add(ours, theirs);
            }
        },
    );
    let worst = steps.values().map(Histogram::share_different);
    println!(
        "{name}: {} tensors, each step within 1 LSB in at most {:.4} % of elements; whole model, \
         LSB:outputs{whole}",
        steps.len(),
        100.0 * worst.fold(0.0, f64::max)
    );
    steps.into_keys().collect()
}

#[test]
fn every_way_of_static_quantisation_agrees() {
    let Some(python) = python() else {
        return;
    };
    for model in models(&python, "tests/it/quantise.py") {
        // ONNX Runtime's quantiser leaves these in floats in QOperator form.
        let wanted: &[&str] = match model.name.starts_with("qoperator") {
            false => &[],
            true => &[
                "leaky_DequantizeLinear",
                "swish",
                "resize",
                "up",
                "resize_QuantizeLinear",
                "up_QuantizeLinear",
            ],
        };
        assert_eq!(float_steps(&model.compiled), wanted, "{}", model.name);
        let compared = agree(&model);
        // Views, which only say anew what bytes mean, are not.
        let steps = model.compiled.report.steps.len();
        assert!(2 * compared.len() > steps, "{}: {compared:?}", model.name);
    }
}
