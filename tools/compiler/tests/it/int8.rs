//! Our own int8, executed by the engine.

use crate::support::{Generator, Machine};
use cadet_compiler::{
    Calibration, Compiled, IoLayout, Numerics, Options, Precision, Range, compile,
};
use cadet_onnx::{ElementType, GraphBuilder};

/// A residual net with every kind of step that int8 has.
pub(crate) fn residual_net(random: &mut Generator) -> Vec<u8> {
    let mut graph = GraphBuilder::new("residual");
    let mut weights = |graph: &mut GraphBuilder, name: &str, shape: &[usize]| {
        let fan_in: usize = shape[1..].iter().product();
        let deviation = (2.0 / fan_in as f32).sqrt();
        let values = (0..shape.iter().product()).map(|_| deviation * random.normal());
        graph.constant_f32(name, shape, &values.collect::<Vec<f32>>());
    };
    graph.input("x", ElementType::F32, [1, 3, 12, 10]);
    weights(&mut graph, "w1", &[8, 3, 3, 3]);
    weights(&mut graph, "b1", &[8]);
    graph
        .node("Conv", "stem", &["x", "w1", "b1"], &["stem"])
        .attribute("pads", [1, 1, 1, 1]);
    graph.node("Relu", "stem_relu", &["stem"], &["a"]);
    weights(&mut graph, "w2", &[8, 1, 3, 3]);
    graph
        .node("Conv", "depthwise", &["a", "w2"], &["depthwise"])
        .attribute("pads", [1, 1, 1, 1])
        .attribute("group", 8);
    graph.constant_f32("low", &[], &[0.0]);
    graph.constant_f32("high", &[], &[6.0]);
    graph.node("Clip", "relu6", &["depthwise", "low", "high"], &["b"]);
    weights(&mut graph, "w3", &[8, 8, 1, 1]);
    graph.node("Conv", "pointwise", &["b", "w3"], &["c"]);
    graph.node("Add", "add", &["a", "c"], &["d"]);
    graph
        .node("LeakyRelu", "leaky", &["d"], &["e"])
        .attribute("alpha", 0.1);
    graph
        .node("MaxPool", "pool", &["e"], &["f"])
        .attribute("kernel_shape", [2, 2])
        .attribute("strides", [2, 2]);
    graph
        .node("AveragePool", "mean", &["f"], &["g"])
        .attribute("kernel_shape", [3, 2])
        .attribute("strides", [3, 2]);
    graph.node("Flatten", "flatten", &["g"], &["h"]);
    weights(&mut graph, "w4", &[5, 32]);
    weights(&mut graph, "b4", &[5]);
    graph
        .node("Gemm", "head", &["h", "w4", "b4"], &["scores"])
        .attribute("transB", 1);
    graph.node("Softmax", "softmax", &["scores"], &["y"]);
    graph.output("y", ElementType::F32, [1, 5]);
    graph.encode()
}

pub(crate) fn samples(random: &mut Generator, count: usize, length: usize) -> Vec<Vec<f32>> {
    (0..count)
        .map(|_| (0..length).map(|_| random.normal()).collect())
        .collect()
}

/// Runs an int8 model on a float input in memory order and gives its first output as floats.
fn run(machine: &mut Machine<'_>, compiled: &Compiled, input: &[f32]) -> Vec<f32> {
    let (from, to) = (&compiled.report.inputs[0], &compiled.report.outputs[0]);
    let quantise = |value: &f32| {
        let steps = (value / from.scale).round_ties_even() as i32 + from.zero_point;
        steps.clamp(-128, 127) as i8
    };
    let input: Vec<i8> = input.iter().map(quantise).collect();
    machine.with_session(|session| {
        session.write_input(0, 0, &input).unwrap();
        session.run(0).unwrap();
        let output: &[i8] = session.read_output(0, 0).unwrap();
        let real = |&value: &i8| (i32::from(value) - to.zero_point) as f32 * to.scale;
        output.iter().map(real).collect()
    })
}

fn int8(samples: Vec<Vec<f32>>, numerics: Numerics) -> Options {
    let calibration = Calibration {
        samples,
        range: Range::MinMax,
    };
    Options {
        precision: Precision::Int8(calibration),
        numerics,
        ..Options::float()
    }
}

#[test]
fn int8_stays_close_to_f32_with_and_without_fusion() {
    let mut random = Generator::new(7);
    let onnx = residual_net(&mut random);
    let calibration = samples(&mut random, 100, 360);
    let inputs = samples(&mut random, 50, 360);
    let float = compile(&onnx, &Options::float()).unwrap();
    let mut float_machine = Machine::new(&float);
    for numerics in [Numerics::Onnx, Numerics::Tflite] {
        for fuse in [true, false] {
            let options = Options {
                fuse,
                ..int8(calibration.clone(), numerics)
            };
            let compiled = compile(&onnx, &options).unwrap();
            let mut machine = Machine::new(&compiled);
            let mut error = 0.0;
            for input in &inputs {
                let seen = float_machine.observe(input);
                let wanted = &seen.last().unwrap().1;
                let found = run(&mut machine, &compiled, input);
                let difference = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
                error += difference.sum::<f32>() / wanted.len() as f32 / inputs.len() as f32;
            }
            assert!(
                error < 0.012,
                "{numerics:?}, fuse {fuse}: mean error {error}"
            );
            machine.with_session(|session| cadet_runtime::self_test(session).unwrap());
        }
    }
}

#[test]
fn channels_last_takes_the_same_samples() {
    let mut random = Generator::new(8);
    let onnx = residual_net(&mut random);
    let calibration = samples(&mut random, 20, 360);
    let input = &samples(&mut random, 1, 360)[0];
    let plain = compile(&onnx, &Options::int8(calibration.clone())).unwrap();
    let options = Options {
        io: IoLayout::ChannelsLast,
        ..Options::int8(calibration)
    };
    let last = compile(&onnx, &options).unwrap();
    assert_eq!(
        plain.report.steps.len(),
        last.report.steps.len() + 1,
        "one transpose less"
    );
    assert_eq!(last.report.inputs[0].shape, [1, 12, 10, 3]);
    let mut moved = vec![0.0; 360];
    for (index, value) in input.iter().enumerate() {
        let (channel, pixel) = (index / 120, index % 120);
        moved[pixel * 3 + channel] = *value;
    }
    let wanted = run(&mut Machine::new(&plain), &plain, input);
    assert_eq!(run(&mut Machine::new(&last), &last, &moved), wanted);
}

#[test]
fn calibration_data_is_checked() {
    let onnx = residual_net(&mut Generator::new(9));
    for samples in [vec![], vec![vec![0.0; 359]], vec![vec![f32::NAN; 360]]] {
        let error = compile(&onnx, &Options::int8(samples)).unwrap_err();
        assert!(error.to_string().contains("calibration"), "{error}");
    }
}
