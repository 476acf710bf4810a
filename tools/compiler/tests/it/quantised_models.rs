//! The MLPerf Tiny int8 models: every layer in integers, step by step against ONNX Runtime, and with
//! numerics `tflite` every tensor equal to LiteRT's reference kernels.
//!
//! Needs Python with `onnx`, `onnxruntime` and `ai-edge-litert`, and the models; see `onnx_runtime`.

use std::path::Path;
use std::process::Command;

use cadet_compiler::{Compiled, IoLayout, Numerics, Options, compile};

use crate::integers::{Histogram, Tensors, compare, read};
use crate::support::{Generator, Machine, data, python};

const MODELS: [&str; 4] = [
    "kws_ref_model_int8",
    "ic_pretrainedResnet_int8",
    "vww_96_int8",
    "ad01_int8",
];
const SAMPLES: usize = 20;

/// The whole model: no channel is cut and no sum is part of a layer, so that every tensor can be compared.
fn compiled(model: &str, numerics: Numerics) -> Option<Compiled> {
    compiled_with(model, numerics, false)
}

fn compiled_with(model: &str, numerics: Numerics, is_optimised: bool) -> Option<Compiled> {
    let path = data(&format!("mlperf-tiny/onnx/{model}.onnx"))?;
    let options = Options {
        numerics,
        prune: is_optimised,
        overlap: is_optimised,
        io: IoLayout::Onnx,
        ..Options::float()
    };
    Some(compile(&std::fs::read(path).unwrap(), &options).unwrap())
}

fn inputs(compiled: &Compiled, samples: usize) -> Vec<i8> {
    let elements: usize = compiled.report.inputs[0].shape.iter().product();
    let mut random = Generator::new(3);
    // Half of the samples are noise, half slow waves, which reach other activations.
    let noise = |random: &mut Generator| (random.uniform() * 256.0 - 128.0).floor() as i8;
    (0..samples * elements)
        .map(|index| {
            let (sample, element) = (index / elements, index % elements);
            let phase = element as f32 / (3.0 + sample as f32);
            match sample % 2 {
                0 => noise(&mut random),
                _ => (phase.sin() * 100.0 + random.uniform() * 20.0) as i8,
            }
        })
        .collect()
}

fn reference(python: &Path, model: &Path, inputs: &[i8]) -> Tensors {
    let folder = tempfile::tempdir().unwrap();
    let (inputs_path, output) = (folder.path().join("inputs"), folder.path().join("out"));
    std::fs::write(&inputs_path, bytemuck::cast_slice(inputs)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/integers.py");
    let arguments = [&script, model, &inputs_path, &output];
    let run = Command::new(python).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{errors}");
    read(&output)
}

#[test]
fn every_layer_runs_in_integers() {
    for model in MODELS {
        for numerics in [Numerics::Onnx, Numerics::Tflite] {
            let Some(compiled) = compiled(model, numerics) else {
                return;
            };
            for step in &compiled.report.steps {
                let is_integer = step.kernel.contains(".i8");
                let is_float =
                    step.kernel.starts_with("quantize") || step.kernel.starts_with("dequantize");
                assert!(is_integer && !is_float, "{model}: {step:?}");
            }
        }
    }
}

#[test]
fn every_step_agrees_with_onnx_runtime() {
    let Some(python) = python() else {
        return;
    };
    for model in MODELS {
        let Some(compiled) = compiled(model, Numerics::Onnx) else {
            return;
        };
        let path = data(&format!("mlperf-tiny/onnx/{model}.onnx")).unwrap();
        let inputs = inputs(&compiled, SAMPLES);
        let reference = reference(&python, &path, &inputs);
        let mut steps: std::collections::BTreeMap<String, Histogram> = Default::default();
        compare(
            &compiled,
            &inputs,
            &reference,
            true,
            |name, ours, theirs| {
                steps.entry(name.into()).or_default().add(ours, theirs);
            },
        );
        let layers = compiled.report.steps.iter().filter(|step| step.macs > 0);
        assert!(
            steps.len() >= layers.count(),
            "{model}: {} tensors",
            steps.len()
        );
        for (name, histogram) in &steps {
            let share = histogram.share_different();
            assert!(
                histogram.largest() <= 1 && share <= 0.001,
                "{model} `{name}`: {share} of the elements differ:{histogram}"
            );
        }
        let worst = steps.values().map(Histogram::share_different);
        let worst = worst.fold(0.0, f64::max);
        let mut whole = Histogram::default();
        let last = compiled.report.outputs[0].name.clone();
        compare(
            &compiled,
            &inputs,
            &reference,
            false,
            |name, ours, theirs| {
                if *name == last {
                    whole.add(ours, theirs);
                }
            },
        );
        println!(
            "{model}: {} tensors, each step within 1 LSB in at most {:.4} % of elements; \
             whole model, LSB:outputs{whole}",
            steps.len(),
            100.0 * worst
        );
    }
}

#[test]
fn tflite_numerics_equal_the_reference_kernels() {
    let Some(python) = python() else {
        return;
    };
    for model in [
        "kws_ref_model_int8",
        "ic_pretrainedResnet_int8",
        "vww_96_int8",
    ] {
        let Some(compiled) = compiled(model, Numerics::Tflite) else {
            return;
        };
        let path = data(&format!("mlperf-tiny/tflite/{model}.tflite")).unwrap();
        let inputs = inputs(&compiled, SAMPLES);
        let reference = reference(&python, &path, &inputs);
        let mut equal = std::collections::BTreeSet::new();
        compare(
            &compiled,
            &inputs,
            &channels_first(&compiled, reference),
            false,
            |name, ours, theirs| {
                let different = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
                assert!(
                    different == 0,
                    "{model} `{name}`: {different} of {} differ",
                    ours.len()
                );
                equal.insert(name.to_string());
            },
        );
        println!(
            "{model}: {} tensors bit-equal to LiteRT's reference kernels",
            equal.len()
        );
        let layers = compiled.report.steps.iter().filter(|step| step.macs > 0);
        assert!(equal.len() >= layers.count(), "{model}: {equal:?}");
    }
}

/// LiteRT's tensors are channels last, the ONNX model's channels first.
fn channels_first(compiled: &Compiled, reference: Tensors) -> Tensors {
    let mut reference = reference;
    for (name, values) in reference.iter_mut().flatten() {
        let tensor = compiled
            .report
            .tensors
            .iter()
            .find(|tensor| tensor.name == *name);
        if let Some(tensor) = tensor {
            *values = tensor.to_onnx_order(values);
        }
    }
    reference
}

#[test]
fn cutting_constant_channels_changes_no_bit() {
    for model in MODELS {
        for numerics in [Numerics::Onnx, Numerics::Tflite] {
            let Some(whole) = compiled(model, numerics) else {
                return;
            };
            let pruned = compiled_with(model, numerics, true).unwrap();
            let inputs = inputs(&whole, SAMPLES);
            let outputs = |compiled: &Compiled| -> Vec<Vec<i8>> {
                Machine::new(compiled).with_session(|session| {
                    let samples = inputs.chunks_exact(inputs.len() / SAMPLES);
                    let run = |input: &[i8]| {
                        session.write_input(0, 0, input).unwrap();
                        session.run(0).unwrap();
                        session.read_output(0, 0).unwrap().to_vec()
                    };
                    samples.map(run).collect()
                })
            };
            assert!(outputs(&whole) == outputs(&pruned), "{model} {numerics:?}");
            let (before, after) = (&whole.report, &pruned.report);
            println!(
                "{model} {numerics:?}: {} to {} MACs, package {} to {} B",
                before.macs, after.macs, before.flash.total, after.flash.total
            );
            if model == "vww_96_int8" {
                assert!(after.macs <= 3_750_000, "{} MACs are left", after.macs);
            }
        }
    }
}
