use cadet_onnx::{ElementType, GraphBuilder};
use proptest::prelude::*;

use crate::options::{Numerics, Options};
use crate::run::{Aligned, open};
use crate::{Compiled, compile};

/// A net of convolutions in which many channels are dead: zero weights, and biases that a ReLU turns
/// into a constant.
fn net(seed: u64, padded: bool) -> Vec<u8> {
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
                if dead[i / (depth * taps)] {
                    0.0
                } else {
                    random()
                }
            })
            .collect();
        let bias: Vec<f32> = (0..outputs).map(|_| random()).collect();
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

fn outputs(compiled: &Compiled, inputs: &[Vec<i8>]) -> Vec<Vec<u8>> {
    let package = Aligned::copy_of(&compiled.package, 64);
    let mut arena = Aligned::zeroed(compiled.report.arena_bytes, 64);
    let mut session = open(&package, &mut arena).unwrap();
    let run = |input: &Vec<i8>| {
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
        let onnx = net(seed, padded);
        let pruned = compile(&onnx, &options).unwrap();
        let whole = compile(&onnx, &Options { prune: false, ..options }).unwrap();
        prop_assert!(pruned.report.macs < whole.report.macs);
        prop_assert_eq!(outputs(&pruned, &inputs), outputs(&whole, &inputs));
    }
}
