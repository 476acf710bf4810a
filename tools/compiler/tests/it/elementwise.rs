//! Functions of elements: broadcasting between layouts, and tables in int8.

use cadet_compiler::{Options, compile};
use cadet_onnx::{ElementType, GraphBuilder};
use proptest::prelude::*;

use crate::against_tract::{agree, random_constant};
use crate::support::Machine;

/// The second operand of a function whose first has the shape `[1, 4, 6, 5]`.
#[derive(Clone, Copy, Debug)]
enum Other {
    Constant(&'static [usize]),
    /// One value a channel, computed.
    Pooled,
    /// Another tensor of the shape.
    Whole,
}

fn model(function: &str, other: Other, other_first: bool, after_convolution: bool) -> Vec<u8> {
    let mut graph = GraphBuilder::new("pair");
    graph.input("x", ElementType::F32, [1, 4, 6, 5]);
    let mut whole = "x";
    if after_convolution {
        random_constant(&mut graph, "weights", &[4, 4, 1, 1]);
        graph.node("Conv", "conv", &["x", "weights"], &["c"]);
        // What follows the convolution is not folded into it.
        graph.node("Sigmoid", "sigmoid", &["c"], &["whole"]);
        whole = "whole";
    }
    match other {
        Other::Constant(shape) => random_constant(&mut graph, "other", shape),
        Other::Pooled => {
            graph.node("GlobalAveragePool", "pool", &["x"], &["other"]);
        }
        Other::Whole => {
            graph.node("Tanh", "tanh", &["x"], &["other"]);
        }
    }
    let operands = if other_first {
        ["other", whole]
    } else {
        [whole, "other"]
    };
    graph.node(function, "function", &operands, &["y"]);
    graph.output("y", ElementType::F32, [1, 4, 6, 5]);
    graph.encode()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn broadcasting_agrees_in_every_layout(
        function in prop::sample::select(vec!["Add", "Sub", "Mul", "Min", "Max"]),
        other in prop::sample::select(vec![
            Other::Constant(&[]),
            Other::Constant(&[5]),
            Other::Constant(&[6, 1]),
            Other::Constant(&[4, 1, 1]),
            Other::Constant(&[1, 4, 6, 5]),
            Other::Pooled,
            Other::Whole,
        ]),
        other_first: bool,
        after_convolution: bool,
    ) {
        agree(&model(function, other, other_first, after_convolution));
    }
}

#[test]
fn slopes_and_divisors_agree() {
    for shape in [&[][..], &[4, 1, 1], &[1, 4, 6, 5]] {
        for function in ["PRelu", "Div"] {
            agree(&model(function, Other::Constant(shape), false, true));
        }
    }
}

#[test]
fn a_product_with_a_constant_a_channel_joins_the_convolution() {
    for function in ["Mul", "Add", "Sub"] {
        let mut graph = GraphBuilder::new("scaled");
        graph.input("x", ElementType::F32, [1, 4, 6, 5]);
        random_constant(&mut graph, "weights", &[4, 4, 1, 1]);
        random_constant(&mut graph, "other", &[4, 1, 1]);
        graph.node("Conv", "conv", &["x", "weights"], &["c"]);
        graph.node(function, "function", &["c", "other"], &["y"]);
        graph.output("y", ElementType::F32, [1, 4, 6, 5]);
        let onnx = graph.encode();
        agree(&onnx);
        let compiled = compile(&onnx, &Options::float()).unwrap();
        let kernels = compiled
            .report
            .steps
            .iter()
            .map(|step| step.kernel.as_str());
        let convolutions = kernels.filter(|kernel| kernel.starts_with("conv")).count();
        let relayouts = 2;
        assert_eq!(
            compiled.report.steps.len(),
            convolutions + relayouts,
            "{function}"
        );
    }
}

/// A function of `x` in nodes, as exporters write it, and its values.
struct Case {
    build: fn(&mut GraphBuilder),
    exact: fn(f32) -> f32,
}

fn swish(graph: &mut GraphBuilder) {
    graph.node("Sigmoid", "sigmoid", &["x"], &["s"]);
    graph.node("Mul", "mul", &["s", "x"], &["y"]);
}

fn hard_swish(graph: &mut GraphBuilder) {
    for (name, value) in [("zero", 0.0), ("three", 3.0), ("six", 6.0)] {
        graph.constant_f32(name, &[], &[value]);
    }
    graph.node("Add", "add", &["x", "three"], &["a"]);
    graph.node("Clip", "clip", &["a", "zero", "six"], &["b"]);
    graph.node("Mul", "mul", &["x", "b"], &["c"]);
    graph.node("Div", "div", &["c", "six"], &["y"]);
}

fn gelu(graph: &mut GraphBuilder) {
    for (name, value) in [
        ("root", std::f32::consts::SQRT_2),
        ("one", 1.0),
        ("half", 0.5),
    ] {
        graph.constant_f32(name, &[], &[value]);
    }
    graph.node("Div", "div", &["x", "root"], &["a"]);
    graph.node("Erf", "erf", &["a"], &["b"]);
    graph.node("Add", "add", &["b", "one"], &["c"]);
    graph.node("Mul", "mul", &["x", "c"], &["d"]);
    graph.node("Mul", "halve", &["d", "half"], &["y"]);
}

fn square(graph: &mut GraphBuilder) {
    graph.constant_f32("two", &[], &[2.0]);
    graph.node("Pow", "pow", &["x", "two"], &["y"]);
}

#[test]
fn functions_of_one_tensor_are_one_table_that_rounds_once() {
    let cases = [
        Case {
            build: swish,
            exact: |x| x / (1.0 + (-x).exp()),
        },
        Case {
            build: hard_swish,
            exact: |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
        },
        Case {
            build: gelu,
            exact: cadet_kernels::math::gelu,
        },
        Case {
            build: square,
            exact: |x| x * x,
        },
    ];
    for Case { build, exact } in cases {
        let mut graph = GraphBuilder::new("function");
        graph.input("x", ElementType::F32, [1, 256]);
        build(&mut graph);
        graph.output("y", ElementType::F32, [1, 256]);
        let sample: Vec<f32> = (0..256).map(|i| (i - 128) as f32 * 0.04).collect();
        let compiled = compile(&graph.encode(), &Options::int8(vec![sample])).unwrap();
        let kernels: Vec<&str> = compiled
            .report
            .steps
            .iter()
            .map(|s| s.kernel.as_str())
            .collect();
        assert_eq!(kernels, ["table.i8"]);

        let (from, to) = (&compiled.report.inputs[0], &compiled.report.outputs[0]);
        let inputs: Vec<i8> = (i8::MIN..=i8::MAX).collect();
        let outputs = Machine::new(&compiled).with_session(|session| {
            session.write_input(0, 0, &inputs).unwrap();
            session.run(0).unwrap();
            session.read_output::<i8>(0, 0).unwrap().to_vec()
        });
        for (x, y) in inputs.into_iter().zip(outputs) {
            let real = exact((i32::from(x) - from.zero_point) as f32 * from.scale);
            let steps = real / to.scale + to.zero_point as f32;
            let error = f32::from(y) - steps.clamp(-128.0, 127.0);
            assert!(error.abs() < 0.501, "{x} gives {y}, not {steps}");
        }
    }
}

#[test]
fn choices_and_extremes_stay_close_in_int8() {
    let mut graph = GraphBuilder::new("choices");
    graph.input("x", ElementType::F32, [1, 64]);
    graph.constant_f32("limit", &[], &[0.5]);
    graph.constant_f32("slopes", &[64], &[0.25; 64]);
    graph.node("Greater", "greater", &["x", "limit"], &["is_large"]);
    graph.node("Exp", "exp", &["x"], &["e"]);
    graph.node("Max", "max", &["x", "e", "limit"], &["m"]);
    graph.node("PRelu", "prelu", &["x", "slopes"], &["p"]);
    graph.node("Sub", "sub", &["m", "p"], &["d"]);
    graph.node("Where", "where", &["is_large", "d", "p"], &["y"]);
    graph.output("y", ElementType::F32, [1, 64]);
    let onnx = graph.encode();
    let sample: Vec<f32> = (0..64).map(|i| (i - 32) as f32 * 0.05).collect();
    let compiled = compile(&onnx, &Options::int8(vec![sample.clone()])).unwrap();
    let (from, to) = (&compiled.report.inputs[0], &compiled.report.outputs[0]);
    let inputs: Vec<i8> = sample
        .iter()
        .map(|x| ((x / from.scale).round() as i32 + from.zero_point) as i8)
        .collect();
    let outputs = Machine::new(&compiled).with_session(|session| {
        session.write_input(0, 0, &inputs).unwrap();
        session.run(0).unwrap();
        session.read_output::<i8>(0, 0).unwrap().to_vec()
    });
    for (x, y) in inputs.into_iter().zip(outputs) {
        let x = (i32::from(x) - from.zero_point) as f32 * from.scale;
        let p = if x < 0.0 { 0.25 * x } else { x };
        let wanted = if x > 0.5 { x.max(x.exp()) - p } else { p };
        let found = (i32::from(y) - to.zero_point) as f32 * to.scale;
        assert!(
            (found - wanted).abs() < 0.05,
            "{x} gives {found}, not {wanted}"
        );
    }
}
