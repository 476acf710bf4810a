//! Exported models in ONNX Runtime.
//!
//! Needs Python with `onnx` and `onnxruntime` (`CADET_PYTHON`, default `python3`). Without them the tests
//! say so and pass, unless `CADET_REQUIRE_PYTHON` is 1.

use std::path::Path;
use std::process::Command;

use cadet_decoder::{DecoderConfig, DecoderWeights, Family, Llama3Scaling, Pairing};
use cadet_decoder::{export, hugging_face};

use crate::forward;
use crate::support::{config, difference, python, script};

/// Largest difference of a logit, where logits are about as large as 1.
const TOLERANCE: f32 = 2e-5;
const TOKENS: [usize; 9] = [1, 7, 49, 3, 3, 20, 0, 31, 8];

/// One run of a session: rows of tokens, what of past and present counts, and where the tokens stand.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) tokens: Vec<Vec<usize>>,
    pub(crate) mask: Vec<Vec<usize>>,
    pub(crate) positions: Vec<Vec<usize>>,
}

impl Step {
    /// Tokens of one sequence after `past` others.
    pub(crate) fn after(past: usize, tokens: &[usize]) -> Step {
        let end = past + tokens.len();
        Step {
            tokens: vec![tokens.to_vec()],
            mask: vec![vec![1; end]],
            positions: vec![(past..end).collect()],
        }
    }
}

/// Logits of all steps of all sequences, one after the other, of a model that the checker of onnx passes.
pub(crate) fn run(python: &Path, onnx: &[u8], sequences: &[Vec<Step>]) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let [model, cases, output] =
        ["model.onnx", "cases", "output"].map(|name| folder.path().join(name));
    let step = |step: &Step| {
        format!(
            r#"{{"input_ids": {:?}, "attention_mask": {:?}, "position_ids": {:?}}}"#,
            step.tokens, step.mask, step.positions
        )
    };
    let sequence = |steps: &Vec<Step>| {
        let steps: Vec<String> = steps.iter().map(step).collect();
        format!("[{}]", steps.join(","))
    };
    let all: Vec<String> = sequences.iter().map(sequence).collect();
    std::fs::write(&model, onnx).unwrap();
    std::fs::write(&cases, format!("[{}]", all.join(","))).unwrap();
    let arguments = [&script("run.py"), &model, &cases, &output];
    let status = Command::new(python).args(arguments).status().unwrap();
    assert!(status.success());
    let bytes = std::fs::read(&output).unwrap();
    let (floats, _) = bytes.as_chunks::<4>();
    floats
        .iter()
        .map(|&float| f32::from_le_bytes(float))
        .collect()
}

/// From random weights through a Hugging Face folder to ONNX Runtime, at once and in parts, against
/// the formulas.
fn agrees_with_the_formulas(config: DecoderConfig) {
    let Some(python) = python() else { return };
    let weights = DecoderWeights::random(config, 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    hugging_face::write(&weights, folder.path()).unwrap();
    let read = hugging_face::read(folder.path()).unwrap();
    assert_eq!(read, weights);
    let wanted = forward::logits(&weights, &TOKENS);
    let at_once = vec![Step::after(0, &TOKENS)];
    let in_parts = vec![Step::after(0, &TOKENS[..4]), Step::after(4, &TOKENS[4..])];
    let seen = run(&python, &export(&read).unwrap(), &[at_once, in_parts]);
    let (at_once, in_parts) = seen.split_at(wanted.len());
    let worst = difference(at_once, &wanted).max(difference(in_parts, &wanted));
    let largest = difference(&wanted, &vec![0.0; wanted.len()]);
    let family = weights.config().family;
    println!("{family:?}: logits up to {largest} within {worst:.1e}");
    assert!(worst < TOLERANCE, "{worst}");
}

#[test]
fn llama_agrees() {
    agrees_with_the_formulas(config(Family::Llama));
}

#[test]
fn tied_embeddings_agree() {
    agrees_with_the_formulas(DecoderConfig {
        is_tied: true,
        ..config(Family::Llama)
    });
}

#[test]
fn qwen2_agrees() {
    agrees_with_the_formulas(config(Family::Qwen2));
}

#[test]
fn qwen3_agrees() {
    agrees_with_the_formulas(config(Family::Qwen3));
}

#[test]
fn pairs_of_either_kind_give_the_same_logits() {
    let python = python();
    for family in [Family::Llama, Family::Qwen2, Family::Qwen3] {
        let halves = DecoderWeights::random(config(family), 2).unwrap();
        let wanted = forward::logits(&halves, &TOKENS);
        let interleaved = halves.clone().into_pairing(Pairing::Interleaved);
        assert_ne!(interleaved, halves);
        assert!(difference(&forward::logits(&interleaved, &TOKENS), &wanted) < TOLERANCE);
        if let Some(python) = &python {
            let sequences = [vec![Step::after(0, &TOKENS)]];
            let seen = run(python, &export(&interleaved).unwrap(), &sequences);
            assert!(difference(&seen, &wanted) < TOLERANCE);
        }
        assert_eq!(interleaved.into_pairing(Pairing::Halves), halves);
    }
}

#[test]
fn scaled_frequencies_come_back_from_the_folder() {
    let mut config = config(Family::Llama);
    config.rope.scaling = Some(Llama3Scaling {
        factor: 32.0,
        low_frequency_factor: 1.0,
        high_frequency_factor: 4.0,
        original_context: 8192,
    });
    let weights = DecoderWeights::random(config, 3).unwrap();
    let folder = tempfile::tempdir().unwrap();
    hugging_face::write(&weights, folder.path()).unwrap();
    assert_eq!(hugging_face::read(folder.path()).unwrap(), weights);
}
