//! Stories260K (Karpathy, TinyLlamas) of llama2.c in ONNX Runtime.

use std::process::Command;

use cadet_decoder::{Pairing, export, hugging_face, llama2c};

use crate::forward;
use crate::onnx_runtime::{Step, run};
use crate::support::{data, difference, python, script};

/// Tokens that llama2.c's `run` writes unless told otherwise, and those of the published text.
const PUBLISHED_TOKENS: &str = "256";
const TOLERANCE: f32 = 1e-4;
const LONG: [usize; 7] = [1, 403, 407, 261, 378, 370, 400];
const SHORT: [usize; 4] = [1, 291, 410, 30];

#[test]
fn writes_the_published_text() {
    let Some(model) = data("stories260k/stories260K.bin") else {
        return;
    };
    let Some(python) = python() else { return };
    let page = std::fs::read_to_string(model.with_extension("md")).unwrap();
    let (_, after) = page.split_once("-t 0.0\n").unwrap();
    let (published, _) = after.split_once("\n```").unwrap();
    let weights = llama2c::read(&model).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let onnx = folder.path().join("model.onnx");
    let tokenizer = model.with_file_name("tok512.bin");
    // As it is, and as transformers would read it.
    let halves = weights.clone().into_pairing(Pairing::Halves);
    hugging_face::write(&halves, folder.path()).unwrap();
    for weights in [weights, hugging_face::read(folder.path()).unwrap()] {
        std::fs::write(&onnx, export(&weights).unwrap()).unwrap();
        let output = Command::new(&python)
            .args([&script("greedy.py"), &onnx, &tokenizer])
            .arg(PUBLISHED_TOKENS)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), published);
    }
}

#[test]
fn logits_are_the_same_at_once_token_by_token_and_beside_a_longer_sequence() {
    let Some(model) = data("stories260k/stories260K.bin") else {
        return;
    };
    let weights = llama2c::read(&model).unwrap();
    let wanted = forward::logits(&weights, &LONG);
    let wanted_short = forward::logits(&weights, &SHORT);
    let Some(python) = python() else { return };
    let one_by_one = |tokens: &[usize]| -> Vec<Step> {
        let steps = tokens.iter().enumerate();
        steps
            .map(|(at, &token)| Step::after(at, &[token]))
            .collect()
    };
    let padding = LONG.len() - SHORT.len();
    let padded = |mut before: Vec<usize>, row: &[usize]| {
        before.extend(row);
        before
    };
    let both = Step {
        tokens: vec![LONG.to_vec(), padded(vec![0; padding], &SHORT)],
        mask: vec![
            vec![1; LONG.len()],
            padded(vec![0; padding], &[1; SHORT.len()]),
        ],
        positions: vec![
            (0..LONG.len()).collect(),
            padded(vec![0; padding], &[0, 1, 2, 3]),
        ],
    };
    let sequences = [vec![Step::after(0, &LONG)], one_by_one(&LONG), vec![both]];
    let seen = run(&python, &export(&weights).unwrap(), &sequences);
    let (at_once, seen) = seen.split_at(wanted.len());
    let (one_by_one, seen) = seen.split_at(wanted.len());
    let (long, short) = seen.split_at(wanted.len());
    let short = &short[padding * weights.config().vocab..];
    let differences = [
        difference(at_once, &wanted),
        difference(one_by_one, at_once),
        difference(long, at_once),
        difference(short, &wanted_short),
    ];
    println!("formulas, one by one, beside another, padded: within {differences:?}");
    assert!(differences.iter().all(|&it| it < TOLERANCE));
}
