//! Exported models pass `onnx.checker` and give the same logits in ONNX Runtime as in burn.
//!
//! Needs Python with `onnx` and `onnxruntime` (`CADET_PYTHON`, default `python3`). Without them the
//! test passes with a message, or fails where `CADET_REQUIRE_PYTHON=1`.

use std::env;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

use cadet_data::{SyntheticConfig, SyntheticTask, hold_out};
use cadet_nets::{
    Architecture, CnnConfig, DsCnnConfig, Head, Loss, MlpConfig, Task, TrainConfig, train,
};

fn architectures() -> Vec<Architecture> {
    vec![
        Architecture::Cnn(CnnConfig {
            kernel: [5, 1],
            channels: vec![8, 12],
            strides: vec![2, 3],
            head: Head::Flatten,
        }),
        Architecture::DsCnn(DsCnnConfig {
            stem_kernel: [7, 3],
            stem_channels: 8,
            stem_stride: 2,
            kernel: [3, 3],
            channels: vec![12, 16],
            strides: vec![2, 1],
            head: Head::Average,
        }),
        Architecture::Mlp(MlpConfig { hidden: vec![24] }),
    ]
}

fn python() -> Option<String> {
    let python = env::var("CADET_PYTHON").unwrap_or_else(|_| "python3".into());
    let imports = Command::new(&python)
        .args(["-c", "import numpy, onnx, onnxruntime"])
        .output();
    if imports.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    let is_required = env::var("CADET_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    assert!(
        !is_required,
        "`{python}` cannot import numpy, onnx and onnxruntime"
    );
    println!("skipped: `{python}` cannot import numpy, onnx and onnxruntime (CADET_PYTHON)");
    None
}

fn write_f32(path: &Path, values: &[f32]) {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    fs::write(path, bytes).unwrap();
}

#[test]
fn onnx_runtime_agrees_with_burn() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = SyntheticConfig {
        task: SyntheticTask::Gestures,
        rows: 300,
        test_rows: 1,
        seed: 5,
    };
    let (rows, select) = hold_out(&data.generate("gestures"), 50).unwrap();
    let config = TrainConfig {
        epochs: 2,
        batch: 32,
        learning_rate: 0.01,
        weight_decay: 0.0,
        warmup: 0.0,
        shift: [0, 0],
        patience: None,
        threads: 2,
    };
    let mut names = Vec::new();
    for architecture in architectures() {
        let layers = architecture
            .layers(rows.item_shape(), rows.classes().len())
            .unwrap();
        let task = Task {
            layers,
            loss: Loss::Labels,
            train: rows.for_training().unwrap(),
            select: &select,
            train_teacher: None,
            select_teacher: None,
            seed: 1,
        };
        let trained = train(&task, &config, None, &mut |_| ControlFlow::Continue(())).unwrap();
        let name = architecture.family();
        let metadata = [("cadet.architecture".into(), name.into())];
        let file = |suffix: &str| folder.path().join(format!("{name}.{suffix}"));
        fs::write(file("onnx"), trained.model.to_onnx(name, &metadata)).unwrap();
        write_f32(&file("inputs"), select.inputs());
        write_f32(&file("logits"), &trained.model.predict(select.inputs(), 1));
        names.push(name);
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_onnx.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder.path())
        .args(names)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    println!("{}", text(&output.stdout));
    assert!(output.status.success(), "{}", text(&output.stderr));
}
