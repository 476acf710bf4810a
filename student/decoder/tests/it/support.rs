//! What the tests share.

use std::path::{Path, PathBuf};
use std::process::Command;

use cadet_decoder::{DecoderConfig, Family, Pairing, Rope};

/// A small decoder without a special case: all its sizes differ.
pub(crate) fn config(family: Family) -> DecoderConfig {
    DecoderConfig {
        family,
        dim: 24,
        layers: 2,
        heads: 6,
        kv_heads: 2,
        head_size: 8,
        hidden: 40,
        vocab: 50,
        context: 32,
        rope: Rope {
            theta: 10_000.0,
            pairing: Pairing::Halves,
            scaling: None,
        },
        rms_epsilon: 1e-6,
        is_tied: false,
        bos: Some(1),
        eos: vec![2, 3],
    }
}

/// A file of the test data; `None`, with a message, where it is missing.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CADET_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {} (set CADET_DATA)", path.display());
    None
}

/// Python with `onnx` and `onnxruntime`; `None`, with a message, where there is none.
pub(crate) fn python() -> Option<PathBuf> {
    let python = std::env::var_os("CADET_PYTHON").unwrap_or_else(|| "python3".into());
    let check = ["-c", "import numpy, onnx, onnxruntime"];
    let found = Command::new(&python).args(check).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python.into());
    }
    let is_required = std::env::var_os("CADET_REQUIRE_PYTHON").is_some_and(|value| value == "1");
    let message = format!("{python:?} has no onnx and onnxruntime (set CADET_PYTHON)");
    assert!(!is_required, "{message}");
    println!("skipped: {message}");
    None
}

/// A script beside this file.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it")
        .join(name)
}

/// Largest difference of two equally long lists of finite numbers.
pub(crate) fn difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    let pairs = left.iter().zip(right);
    pairs.fold(0.0, |most, (left, right)| {
        let difference = (left - right).abs();
        assert!(difference.is_finite(), "{left} and {right}");
        most.max(difference)
    })
}
