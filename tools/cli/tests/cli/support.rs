//! What the tests share: a folder to work in, and a small model.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use cadet_onnx::{ElementType, GraphBuilder};
use serde_json::Value;
use tempfile::TempDir;

/// The folder of the boards.
pub(crate) const TARGETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../targets");

/// A folder of its own, with a small model and its package.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let desk = Desk {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::write(desk.path("model.onnx"), model()).unwrap();
        let samples: String = (0..8)
            .map(|i| format!("{:?}\n", [i as f32 * 0.1; 16]))
            .collect();
        fs::write(desk.path("samples.jsonl"), samples).unwrap();
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn cadet(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_cadet"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    /// Standard output of a run that must succeed.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.cadet(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Standard error of a run that must fail with exit code 1, without a panic.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let output = self.cadet(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(
            error.starts_with("cadet: ") && !error.contains("panicked"),
            "{error}"
        );
        error
    }

    pub(crate) fn packed(&self) -> Vec<u8> {
        self.succeed(&["pack", "model.onnx", "--calib", "samples.jsonl"]);
        fs::read(self.path("model.cadet")).unwrap()
    }

    /// Changes a byte of a section, counted from its start, and makes the checksum right again.
    pub(crate) fn tamper(&self, package: &str, tag: &str, byte: usize, change: fn(&mut u8)) {
        let inspect = json(&self.succeed(&["inspect", package, "--json"]));
        let sections = inspect["sections"].as_array().unwrap();
        let section = sections.iter().find(|it| it["tag"] == tag).unwrap();
        let mut bytes = fs::read(self.path(package)).unwrap();
        change(&mut bytes[section["offset"].as_u64().unwrap() as usize + byte]);
        let crc = cadet_format::package_crc(&bytes).unwrap();
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        fs::write(self.path(package), bytes).unwrap();
    }
}

/// Conv and ReLU over `[1, 1, 4, 4]`, then a fully connected layer.
pub(crate) fn model() -> Vec<u8> {
    let mut graph = GraphBuilder::new("tiny");
    graph.input("x", ElementType::F32, [1, 1, 4, 4]);
    let weights: Vec<f32> = (0..18).map(|i| (i as f32 - 9.0) * 0.05).collect();
    graph.constant_f32("w", &[2, 1, 3, 3], &weights);
    graph.constant_f32("b", &[2], &[0.1, -0.1]);
    graph
        .node("Conv", "conv", &["x", "w", "b"], &["c"])
        .attribute("pads", vec![1i64, 1, 1, 1]);
    graph.node("Relu", "relu", &["c"], &["r"]);
    graph.node("Flatten", "flatten", &["r"], &["f"]);
    let dense: Vec<f32> = (0..96)
        .map(|i| ((i * 7 % 13) as f32 - 6.0) * 0.05)
        .collect();
    graph.constant_f32("d", &[32, 3], &dense);
    graph.node("MatMul", "dense", &["f", "d"], &["y"]);
    graph.output("y", ElementType::F32, [1, 3]);
    graph.encode()
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
