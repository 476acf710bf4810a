//! A compiled net with every kind of step: the board gets what the compiler got on the host.

use crate::c_example::assert_c_agrees;
use crate::support::{OnDisk, board, random, unless_skipped};
use cadet_compiler::{Numerics, Options, compile};
use cadet_flash::flash;
use cadet_format::Generator;
use cadet_onnx::{ElementType, GraphBuilder};

const INPUT: [usize; 4] = [1, 3, 12, 10];

fn net() -> Vec<u8> {
    let mut generator = Generator::new(1);
    let mut graph = GraphBuilder::new("net");
    let mut weights = |graph: &mut GraphBuilder, name: &str, shape: &[usize]| {
        let values = random(&mut generator, shape.iter().product());
        graph.constant_f32(name, shape, &values);
    };
    graph.input("x", ElementType::F32, INPUT);
    weights(&mut graph, "w1", &[8, 3, 3, 3]);
    weights(&mut graph, "b1", &[8]);
    graph
        .node("Conv", "stem", &["x", "w1", "b1"], &["stem"])
        .attribute("pads", [1, 1, 1, 1]);
    graph.node("Relu", "relu", &["stem"], &["a"]);
    weights(&mut graph, "w2", &[8, 1, 3, 3]);
    graph
        .node("Conv", "depthwise", &["a", "w2"], &["b"])
        .attribute("pads", [1, 1, 1, 1])
        .attribute("group", 8);
    weights(&mut graph, "w3", &[8, 8, 1, 1]);
    graph.node("Conv", "pointwise", &["b", "w3"], &["c"]);
    graph.node("Add", "add", &["a", "c"], &["d"]);
    graph
        .node("LeakyRelu", "leaky", &["d"], &["e"])
        .attribute("alpha", 0.1);
    graph
        .node("MaxPool", "max", &["e"], &["f"])
        .attribute("kernel_shape", [2, 2])
        .attribute("strides", [2, 2]);
    graph
        .node("AveragePool", "mean", &["f"], &["g"])
        .attribute("kernel_shape", [3, 2])
        .attribute("strides", [3, 2]);
    graph.node("Flatten", "flatten", &["g"], &["h"]);
    weights(&mut graph, "w4", &[5, 32]);
    graph
        .node("Gemm", "head", &["h", "w4"], &["scores"])
        .attribute("transB", 1);
    graph.node("Softmax", "softmax", &["scores"], &["y"]);
    graph.output("y", ElementType::F32, [1, 5]);
    graph.encode()
}

fn int8(numerics: Numerics) -> Options {
    let mut generator = Generator::new(2);
    let samples = (0..20)
        .map(|_| random(&mut generator, INPUT.iter().product()))
        .collect();
    Options {
        numerics,
        ..Options::int8(samples)
    }
}

/// Compiles the net, runs it on the board and, through the C example, once more.
fn check(options: &Options) {
    let compiled = compile(&net(), options).unwrap();
    let disk = OnDisk::new(&compiled.package);
    let Some(report) = unless_skipped(flash(&board(), &disk.path(), &cadet_flash::Options::new()))
    else {
        return;
    };
    let report = report.unwrap();
    assert!(report.results.iter().all(|result| result.matches));
    assert_eq!(report.steps.len(), compiled.report.steps.len());
    assert_eq!(report.arena.promised as usize, compiled.report.arena_bytes);
    assert!(report.arena.touched <= report.arena.promised);
    assert_c_agrees(&disk, &report);
}

#[test]
fn int8_with_the_numerics_of_onnx() {
    check(&int8(Numerics::Onnx));
}

#[test]
fn int8_with_the_numerics_of_tflite() {
    check(&int8(Numerics::Tflite));
}

#[test]
fn f32_with_the_same_kernels_gives_the_same_bits() {
    check(&Options::float());
}
