use cadet_onnx::{ElementType, GraphBuilder};
use cadet_runtime::Element;
use proptest::prelude::*;

use crate::options::{Numerics, Options};
use crate::run::{Aligned, open};
use crate::{Compiled, compile};

/// How a channel of a net comes to be dead.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dead {
    /// Zero weights, and any bias.
    Constant,
    /// A bias so negative that no input within -1..1 reaches above it.
    Negative,
}

/// A net of convolutions in which many channels are dead: a ReLU turns them into a constant.
fn net(seed: u64, padded: bool, kind: Dead) -> Vec<u8> {
    let mut state = seed;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
    };
    let mut graph = GraphBuilder::new("dead");
    graph.input("x", ElementType::F32, [1, 3, 6, 6]);
    let mut input = "x".to_string();
    let mut channels = 3;
    for (layer, (outputs, depthwise)) in [(8, false), (8, true), (6, false), (6, true), (4, false)]
        .into_iter()
        .enumerate()
    {
        let depth = if depthwise { 1 } else { channels };
        let kernel = if depthwise { 3 } else { 1 };
        let taps = kernel * kernel;
        let dead: Vec<bool> = (0..outputs).map(|_| random() > 0.1).collect();
        let weights: Vec<f32> = (0..outputs * depth * taps)
            .map(|i| {
                let share = match (dead[i / (depth * taps)], kind) {
                    (false, _) => 1.0,
                    (true, Dead::Constant) => 0.0,
                    (true, Dead::Negative) => 1e-3,
                };
                share * random()
            })
            .collect();
        let bias = dead.iter().map(|&dead| match kind {
            Dead::Negative if dead => -1.0,
            _ => random(),
        });
        let bias: Vec<f32> = bias.collect();
        let name = |what: &str| format!("{what}{layer}");
        let shape = [outputs, depth, kernel, kernel];
        graph.constant_f32(&name("w"), &shape, &weights);
        graph.constant_f32(&name("b"), &[outputs], &bias);
        let group = if depthwise { channels as i64 } else { 1 };
        let pad = if depthwise && padded { 1 } else { 0 };
        graph
            .node(
                "Conv",
                &name("conv"),
                &[&input, &name("w"), &name("b")],
                &[&name("c")],
            )
            .attribute("group", group)
            .attribute("pads", [pad; 4]);
        graph.node("Relu", &name("relu"), &[&name("c")], &[&name("r")]);
        input = name("r");
        channels = outputs;
    }
    graph.node("GlobalAveragePool", "pool", &[&input], &["p"]);
    graph.node("Flatten", "flat", &["p"], &["f"]);
    graph.constant_f32(
        "w",
        &[4, 3],
        &[
            1.0, -1.0, 0.5, 0.0, 2.0, 0.25, -0.5, 1.0, 0.0, 0.0, 0.0, 1.0,
        ],
    );
    graph.node("MatMul", "dense", &["f", "w"], &["y"]);
    graph.output("y", ElementType::F32, [1, 3]);
    graph.encode()
}

fn outputs<T: Element>(compiled: &Compiled, inputs: &[Vec<T>]) -> Vec<Vec<u8>> {
    let package = Aligned::copy_of(&compiled.package, 64);
    let mut arena = Aligned::zeroed(compiled.report.arena_bytes, 64);
    let mut session = open(&package, &mut arena, &mut []).unwrap();
    let run = |input: &Vec<T>| {
        session.write_input(0, 0, input).unwrap();
        session.run(0).unwrap();
        session.output(0, 0).unwrap().to_vec()
    };
    inputs.iter().map(run).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn results_stay_the_same_bit_for_bit(
        seed: u64,
        padded: bool,
        numerics in prop::sample::select(vec![Numerics::Onnx, Numerics::Tflite, Numerics::Tflm]),
        inputs in prop::collection::vec(prop::collection::vec(any::<i8>(), 108), 8),
    ) {
        let sample = |sample: usize| (0..108).map(|i| ((i * 7 + sample) as f32).sin()).collect();
        let options = Options { numerics, ..Options::int8((0..4).map(sample).collect()) };
        let onnx = net(seed, padded, Dead::Constant);
        let pruned = compile(&onnx, &options).unwrap();
        let whole = compile(&onnx, &Options { prune: false, ..options }).unwrap();
        prop_assert!(pruned.report.macs < whole.report.macs);
        prop_assert_eq!(outputs(&pruned, &inputs), outputs(&whole, &inputs));
    }

    #[test]
    fn floats_stay_the_same_bit_for_bit(
        seed: u64,
        padded: bool,
        kind in prop::sample::select(vec![Dead::Constant, Dead::Negative]),
        inputs in prop::collection::vec(prop::collection::vec(-1.0f32..=1.0, 108), 4),
    ) {
        let input_ranges = [("x".to_string(), (-1.0, 1.0))].into();
        let options = Options { input_ranges, ..Options::float() };
        let onnx = net(seed, padded, kind);
        let pruned = compile(&onnx, &options).unwrap();
        let whole = compile(&onnx, &Options { prune: false, ..options.clone() }).unwrap();
        prop_assert_eq!(outputs(&pruned, &inputs), outputs(&whole, &inputs));
        // Every channel that is dead by its bias goes; of the constant ones, those that are 0.
        prop_assert!(kind == Dead::Constant || pruned.report.macs < whole.report.macs);

        let fast = compile(&onnx, &Options { fast_math: true, ..options }).unwrap();
        prop_assert!(fast.report.macs < whole.report.macs);
        let floats = |bytes: &[u8]| -> Vec<f32> { bytemuck::pod_collect_to_vec(bytes) };
        for (fast, whole) in outputs(&fast, &inputs).iter().zip(outputs(&whole, &inputs)) {
            let (fast, whole) = (floats(fast), floats(&whole));
            let largest = whole.iter().fold(1.0f32, |largest, value| largest.max(value.abs()));
            for (fast, whole) in fast.iter().zip(whole) {
                prop_assert!((fast - whole).abs() <= 1e-5 * largest, "{fast} for {whole}");
            }
        }
    }
}

/// A pointwise layer with a channel that is always 6 and one that is always 0, and a layer that reads both.
fn saturated() -> Vec<u8> {
    let mut graph = GraphBuilder::new("saturated");
    graph.input("x", ElementType::F32, [1, 1, 2, 2]);
    graph.node("Sigmoid", "squash", &["x"], &["s"]);
    graph.constant_f32("w", &[3, 1, 1, 1], &[1.0, 1.0, 1.0]);
    graph.constant_f32("b", &[3], &[0.0, 7.0, -1.5]);
    graph.node("Conv", "first", &["s", "w", "b"], &["c"]);
    graph.constant_f32("zero", &[], &[0.0]);
    graph.constant_f32("six", &[], &[6.0]);
    graph.node("Clip", "clip", &["c", "zero", "six"], &["r"]);
    graph.constant_f32("v", &[2, 3, 1, 1], &[0.3, 0.7, 0.9, -0.1, 0.2, -0.4]);
    graph.node("Conv", "second", &["r", "v"], &["y"]);
    graph.output("y", ElementType::F32, [1, 2, 2, 2]);
    graph.encode()
}

#[test]
fn constants_other_than_zero_take_fast_math() {
    let macs = |options: &Options| compile(&saturated(), options).unwrap().report.macs;
    let exact = Options::float();
    let whole = Options {
        prune: false,
        ..Options::float()
    };
    let fast = Options {
        fast_math: true,
        ..Options::float()
    };
    // Three channels of four pixels, in and out.
    assert_eq!(macs(&whole), 4 * (3 + 6));
    assert_eq!(macs(&exact), 4 * (2 + 4));
    assert_eq!(macs(&fast), 4 * (1 + 2));
    let inputs: Vec<Vec<f32>> = vec![vec![-3.0, 0.0, 1.0, 50.0]];
    let run = |options: &Options| outputs(&compile(&saturated(), options).unwrap(), &inputs);
    assert_eq!(run(&exact), run(&whole));
}

/// The interval must take in the rounding of the sum, which can lie above 0 where the exact one does not.
#[test]
fn a_channel_that_rounding_may_lift_above_zero_stays() {
    let mut graph = GraphBuilder::new("close");
    graph.input("x", ElementType::F32, [1, 2]);
    graph.node("Sigmoid", "squash", &["x"], &["s"]);
    graph.constant_f32("w", &[2, 2], &[1.0, 0.5, 1.0, 0.25]);
    // The sums of the second column reach 1.5 and of the first 2: one bias is as large, one is beyond.
    graph.constant_f32("b", &[2], &[-2.0, -0.75001]);
    graph.node("Gemm", "dense", &["s", "w", "b"], &["d"]);
    graph.node("Relu", "relu", &["d"], &["r"]);
    graph.constant_f32("v", &[2, 2], &[1.0, 2.0, 3.0, 4.0]);
    graph.node("MatMul", "last", &["r", "v"], &["y"]);
    graph.output("y", ElementType::F32, [1, 2]);
    let report = compile(&graph.encode(), &Options::float()).unwrap().report;
    assert_eq!(report.macs, 2 + 2);
}

/// A pointwise layer whose weights vanish beside their biases, behind an input with channels last; then a ReLU
/// and a layer that reads both channels.
fn vanishing(weight: f32) -> Vec<u8> {
    let mut graph = GraphBuilder::new("vanishing");
    graph.input("x", ElementType::F32, [1, 2, 2, 3]);
    graph
        .node("Transpose", "first", &["x"], &["t"])
        .attribute("perm", vec![0, 3, 1, 2]);
    graph.constant_f32("w", &[2, 3, 1, 1], &[weight; 6]);
    graph.constant_f32("b", &[2], &[-0.4, 0.3]);
    graph.node("Conv", "tiny", &["t", "w", "b"], &["c"]);
    graph.node("Relu", "relu", &["c"], &["r"]);
    graph.constant_f32("v", &[1, 2, 1, 1], &[0.3, 0.7]);
    graph.node("Conv", "second", &["r", "v"], &["y"]);
    graph.output("y", ElementType::F32, [1, 1, 2, 2]);
    graph.encode()
}

#[test]
fn products_that_vanish_beside_the_bias_go() {
    let within = |bound: f32| Options {
        input_ranges: [("x".to_string(), (-bound, bound))].into(),
        ..Options::float()
    };
    let ranged = within(255.0);
    let macs = |weight: f32, options: &Options| {
        let report = compile(&vanishing(weight), options).unwrap().report;
        report.macs
    };
    // Four pixels: 2 channels of 3, and 1 of 2. The channel that is 0 goes by itself, the other in fast-math.
    assert_eq!(macs(1e-30, &ranged), 4 * (3 + 1));
    let fast = Options {
        fast_math: true,
        ..ranged.clone()
    };
    assert_eq!(macs(1e-30, &fast), 4 * (3 + 1));
    assert_eq!(macs(1e-3, &ranged), 4 * (6 + 2));
    // Floats that nobody told of are large at most, but finite.
    assert_eq!(macs(1e-30, &Options::float()), 4 * (3 + 1));
    assert_eq!(macs(1e-3, &Options::float()), 4 * (6 + 2));
    assert_eq!(macs(1e-30, &within(f32::INFINITY)), 4 * (6 + 2));
    let whole = Options {
        prune: false,
        ..ranged.clone()
    };
    let inputs: Vec<Vec<f32>> = vec![(0..12).map(|i| (i * 21) as f32 - 128.0).collect()];
    let run = |options: &Options| outputs(&compile(&vanishing(1e-30), options).unwrap(), &inputs);
    assert_eq!(run(&ranged), run(&whole));
}
