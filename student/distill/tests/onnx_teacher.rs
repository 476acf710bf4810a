//! A student learns from an ONNX teacher alone: its training labels are all wrong.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use cadet_data::Rng;
use cadet_distill::distill;
use cadet_onnx::{ElementType, GraphBuilder};

const SIDE: usize = 6;

/// Noise with one bright half: left (0) or right (1).
fn images(rows: usize, seed: u64) -> (Vec<u8>, Vec<u8>) {
    let mut rng = Rng::new(seed, 0);
    let mut pixels = Vec::new();
    let mut labels = Vec::new();
    for _ in 0..rows {
        let label = rng.below(2);
        for pixel in 0..SIDE * SIDE {
            let is_bright = (pixel % SIDE >= SIDE / 2) == (label == 1);
            pixels.push(rng.below(if is_bright { 256 } else { 190 }) as u8);
        }
        labels.push(label as u8);
    }
    (pixels, labels)
}

fn write_idx(path: &Path, dims: &[usize], bytes: &[u8]) {
    let mut file = vec![0, 0, 8, dims.len() as u8];
    file.extend(dims.iter().flat_map(|&dim| (dim as u32).to_be_bytes()));
    file.extend(bytes);
    fs::write(path, file).unwrap();
}

/// Compares the halves of `[1, 1, 6, 6]` pixels 0..255.
fn teacher() -> Vec<u8> {
    let weights: Vec<f32> = (0..SIDE * SIDE)
        .flat_map(|pixel| {
            if pixel % SIDE < SIDE / 2 {
                [0.01, -0.01]
            } else {
                [-0.01, 0.01]
            }
        })
        .collect();
    let mut graph = GraphBuilder::new("halves");
    graph.input("pixels", ElementType::F32, [1, 1, SIDE, SIDE]);
    graph.constant_f32("weights", &[SIDE * SIDE, 2], &weights);
    graph.node("Flatten", "flatten", &["pixels"], &["flat"]);
    graph.node("MatMul", "compare", &["flat", "weights"], &["logits"]);
    graph.output("logits", ElementType::F32, [1, 2]);
    graph.encode()
}

#[test]
fn labels_are_not_needed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let (pixels, labels) = images(900, 1);
    write_idx(&at("images"), &[900, SIDE, SIDE], &pixels);
    let wrong: Vec<u8> = labels.iter().map(|label| 1 - label).collect();
    write_idx(&at("labels"), &[900], &wrong);
    let (pixels, labels) = images(400, 2);
    write_idx(&at("test-images"), &[400, SIDE, SIDE], &pixels);
    write_idx(&at("test-labels"), &[400], &labels);
    fs::write(at("teacher.onnx"), teacher()).unwrap();
    let recipe = format!(
        r#"
name = "halves"
seed = 1

[data]
select_rows = 100

[data.source.idx]
images = "{0}/images"
labels = "{0}/labels"
test_images = "{0}/test-images"
test_labels = "{0}/test-labels"
classes = 2
scale = 0.00392156862745098

[teacher.onnx]
path = "{0}/teacher.onnx"
input_scale = 255.0

[student.architecture.mlp]
hidden = [8]

[student.loss.teacher]
temperature = 2.0

[student.training]
epochs = 8
batch = 32
learning_rate = 0.02
"#,
        folder.path().display()
    );
    fs::write(at("recipe.toml"), recipe).unwrap();

    let mut most_asked = 0;
    let report = distill(&at("recipe.toml"), &at("runs"), &mut |event| {
        if let cadet_distill::Event::Logits { done, .. } = event {
            most_asked = most_asked.max(*done);
        }
        ControlFlow::Continue(())
    })
    .unwrap();

    assert_eq!(report.teacher, "teacher");
    assert_eq!(most_asked, 800);
    assert!(report.baseline.is_none());
    let teacher = report.teacher_accuracy.share;
    let student = [report.student.accuracy_f32, report.student.accuracy_int8];
    assert!(teacher > 0.9, "{teacher}");
    for accuracy in student {
        assert!(
            accuracy.share > teacher - 0.05,
            "{accuracy:?} after {teacher}"
        );
    }
}
