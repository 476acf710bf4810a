//! Every tensor of the MLPerf Tiny float models, as our engine computes it, against ONNX Runtime.
//!
//! Needs Python with `onnx` and `onnxruntime` (`CADET_PYTHON`, default `python3`) and the models under
//! `CADET_DATA` (default `../shared/data`). Without them the test says so and passes, unless
//! `CADET_REQUIRE_PYTHON` is 1.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Generator, Machine};
use cadet_compiler::{Compiled, Options, compile};

const SAMPLES: usize = 50;
/// Largest difference, as a share of the tensor's largest value.
const TOLERANCE: f32 = 1e-5;

#[test]
fn keyword_spotting_agrees() {
    agree("kws_ref_model_float32", |random| 25.0 * random.normal());
}

#[test]
fn image_classification_agrees() {
    agree("ic_pretrainedResnet_float32", |random| {
        (random.uniform() * 255.0).round()
    });
}

#[test]
fn anomaly_detection_agrees() {
    agree("ad01_float32", |random| 10.0 * random.normal());
}

#[test]
fn visual_wake_words_agree() {
    agree("vww_96_float32", |random| {
        (random.uniform() * 255.0).round() / 255.0
    });
}

fn agree(model: &str, sample: fn(&mut Generator) -> f32) {
    let Some(path) = crate::support::data(&format!("mlperf-tiny/onnx/{model}.onnx")) else {
        return;
    };
    let Some(python) = crate::support::python() else {
        return;
    };
    let onnx = std::fs::read(&path).unwrap();
    // No channel is cut, so that every tensor can be compared.
    let compiled = |fuse| {
        let options = Options {
            fuse,
            prune: false,
            ..Options::float()
        };
        compile(&onnx, &options).unwrap()
    };
    let (fused, plain) = (compiled(true), compiled(false));
    let elements: usize = fused
        .report
        .inputs
        .iter()
        .flat_map(|input| &input.shape)
        .product();
    let mut random = Generator::new(1);
    let inputs: Vec<f32> = (0..SAMPLES * elements)
        .map(|_| sample(&mut random))
        .collect();
    let reference = Reference::new(&python, &path, &inputs);

    let (every, worst) = compare(&plain, &inputs, &reference);
    assert_eq!(
        every,
        reference.tensors.len(),
        "without fusion every tensor is compared"
    );
    let (kept, worst_fused) = compare(&fused, &inputs, &reference);
    assert!(kept > 0);
    println!(
        "{model}: {SAMPLES} inputs; {every} tensors within {worst:.1e} of their largest value, \
         fused {kept} within {worst_fused:.1e}"
    );
}

/// Values of every tensor in ONNX Runtime.
pub(crate) struct Reference {
    pub(crate) tensors: Vec<(String, std::ops::Range<usize>)>,
    /// Values of all tensors of one run.
    pub(crate) run_len: usize,
    pub(crate) values: Vec<f32>,
}

impl Reference {
    pub(crate) fn new(python: &Path, model: &Path, inputs: &[f32]) -> Reference {
        let folder = tempfile::tempdir().unwrap();
        let inputs_path = folder.path().join("inputs");
        let output = folder.path().join("reference");
        std::fs::write(&inputs_path, bytemuck::cast_slice(inputs)).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reference.py");
        let arguments: [&Path; 4] = [&script, model, &inputs_path, &output];
        assert!(
            Command::new(python)
                .args(arguments)
                .status()
                .unwrap()
                .success()
        );
        let file = |extension: &str| -> PathBuf { output.with_extension(extension) };
        let listed: Vec<serde_json::Value> =
            serde_json::from_slice(&std::fs::read(file("json")).unwrap()).unwrap();
        let mut run_len = 0;
        let tensors = listed.iter().map(|tensor| {
            let start = run_len;
            run_len += tensor["len"].as_u64().unwrap() as usize;
            (tensor["name"].as_str().unwrap().to_string(), start..run_len)
        });
        let tensors = tensors.collect();
        let bytes = std::fs::read(file("bin")).unwrap();
        let floats = bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        let values = floats.collect();
        Reference {
            tensors,
            run_len,
            values,
        }
    }
}

/// Compares every tensor that both have; gives their number and the largest difference as a share
/// of its tensor's largest value.
fn compare(compiled: &Compiled, inputs: &[f32], reference: &Reference) -> (usize, f32) {
    let mut machine = Machine::new(compiled);
    let (mut compared, mut worst) = (0, 0.0_f32);
    let runs = reference.values.chunks_exact(reference.run_len);
    for (input, wanted) in inputs.chunks_exact(inputs.len() / SAMPLES).zip(runs) {
        let seen = machine.observe(input);
        compared = 0;
        for (tensor, values) in &seen {
            let mut tensors = reference.tensors.iter();
            let Some((name, range)) = tensors.find(|(name, _)| *name == tensor.name) else {
                continue;
            };
            compared += 1;
            let wanted = &wanted[range.clone()];
            assert_eq!(values.len(), wanted.len(), "elements of `{name}`");
            let largest = wanted
                .iter()
                .fold(0.0_f32, |most, value| most.max(value.abs()));
            for (index, (value, wanted)) in values.iter().zip(wanted).enumerate() {
                let difference = (value - wanted).abs();
                assert!(
                    difference <= TOLERANCE * largest,
                    "`{name}` [{index}] is {value}, ONNX Runtime has {wanted} (largest {largest})"
                );
                worst = worst.max(difference / largest.max(f32::MIN_POSITIVE));
            }
        }
    }
    (compared, worst)
}
