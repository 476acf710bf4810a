//! Runs an ONNX model with tract: `repeat_onnx MODEL COUNT`. `cargo xtask instructions` counts what it executes.

use std::path::Path;

use cadet_benches::OnnxSubject;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, count] = arguments.as_slice() else {
        panic!("usage: repeat_onnx MODEL COUNT");
    };
    let count: usize = count.parse().expect("a number of runs");
    let subject = OnnxSubject::load(Path::new(path));
    let subject = subject.unwrap_or_else(|error| panic!("{path}: {error}"));
    for _ in 0..count {
        subject.run().expect("a model that runs");
    }
}
