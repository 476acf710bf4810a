//! Every line of `lines.txt`, and texts made at random, as our tokenizers encode and decode them, against the libraries `tokenizers` and
//! `sentencepiece`, with tokenizers that `reference.py` trains for it.
//!
//! Needs Python with both (`CADET_PYTHON`, default `python3`). Without, the test says so and passes, unless
//! `CADET_REQUIRE_PYTHON` is 1. With the data under `CADET_DATA` they learn from Shakespeare too.

use std::io::Read;
use std::path::Path;
use std::process::Command;

use cadet_text::{Encoding, Ends, SpecialText};
use cadet_tokenizer::{Source, hugging_face, llama2c, sentencepiece};
use serde_json::Value;

use crate::support::{self, Block, decode, encode};

/// Bytes of Shakespeare that tokenizers learn from: enough for words, and quick.
const TEXT_BYTES: u64 = 300_000;

#[test]
fn every_line_is_that_of_the_reference() {
    let Some(python) = support::python() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reference.py");
    let text = shakespeare(folder.path());
    let tok_bin = support::data("stories260k/tok512.bin");
    let status = Command::new(python)
        .arg(&script)
        .arg(script.with_file_name("lines.txt"))
        .arg(text.as_deref().unwrap_or(Path::new("-")))
        .arg(tok_bin.as_deref().unwrap_or(Path::new("-")))
        .arg(folder.path())
        .status();
    assert!(status.unwrap().success());
    let reference = std::fs::read(folder.path().join("reference.json")).unwrap();
    let reference: Value = serde_json::from_slice(&reference).unwrap();
    let lines: Vec<&str> = list(&reference["lines"])
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert!(lines.len() >= 1200);
    let mut wrong = 0;
    for tokenizer in list(&reference["tokenizers"]) {
        wrong += compare(folder.path(), tokenizer, &lines);
    }
    assert_eq!(wrong, 0, "lines that differ are above");
}

/// A file of the start of the text; `None` without the data.
fn shakespeare(folder: &Path) -> Option<std::path::PathBuf> {
    let packed = support::data("tinyshakespeare/input.txt.gz")?;
    let mut text = Vec::new();
    let packed = flate2::read::GzDecoder::new(std::fs::File::open(packed).unwrap());
    packed.take(TEXT_BYTES).read_to_end(&mut text).unwrap();
    let path = folder.join("shakespeare.txt");
    std::fs::write(&path, text).unwrap();
    Some(path)
}

/// Compares a tokenizer on all lines; gives the number of those that differ.
fn compare(folder: &Path, tokenizer: &Value, lines: &[&str]) -> usize {
    let name = tokenizer["file"].as_str().unwrap();
    let file = std::fs::read(folder.join(name)).unwrap();
    let source = read(tokenizer["kind"].as_str().unwrap(), &file);
    let block = Block::new(&source.compile().unwrap());
    let compiled = block.tokenizer();
    let rows = list(&tokenizer["rows"]);
    assert_eq!(rows.len(), lines.len());
    let mut wrong = 0;
    for (line, row) in lines.iter().zip(rows) {
        let mut is_right = true;
        for (key, special_text) in [
            ("plain", SpecialText::Plain),
            ("special", SpecialText::Tokens),
        ] {
            if row[key].is_null() {
                continue;
            }
            let wanted: Vec<u32> = serde_json::from_value(row[key].clone()).unwrap();
            let encoding = Encoding {
                special_text,
                ends: Ends::Template,
            };
            let mut normal = vec![0; 3 * line.len()];
            let normal = compiled.normalize(line.as_bytes(), &mut normal).unwrap();
            let found = encode(&compiled, normal.as_bytes(), encoding);
            if found != Ok(wanted.clone()) {
                println!("{name}: {line:?} {special_text:?}\n  {found:?}, not\n  {wanted:?}");
                is_right = false;
            }
            let wanted_text = row["text"].as_str().unwrap();
            let text = decode(&compiled, &wanted);
            if key == "plain" && text != wanted_text {
                println!("{name}: {line:?} {wanted:?} is {text:?}, not {wanted_text:?}");
                is_right = false;
            }
        }
        wrong += usize::from(!is_right);
    }
    println!(
        "{name}: {} of {} texts agree; {} tokens in {} bytes",
        lines.len() - wrong,
        lines.len(),
        compiled.token_count(),
        block.len()
    );
    wrong
}

fn read(kind: &str, file: &[u8]) -> Source {
    let read = match kind {
        "hugging_face" => hugging_face,
        "sentencepiece" => sentencepiece,
        _ => llama2c,
    };
    read(file).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}
