//! Small models of one operator or a few, compared with tract, with and without fusion.

use std::sync::Arc;

use crate::support::{Generator, Machine};
use cadet_compiler::{IoLayout, Options, compile};
use cadet_host::OnnxRunner;
use cadet_onnx::{ElementType, GraphBuilder};
use proptest::prelude::*;
use tract_onnx::prelude::*;

/// tract's plan of a model as it stands: its rewriting leaves some graphs unable to run.
fn reference(onnx: &[u8]) -> Arc<TypedRunnableModel> {
    let model = tract_onnx::onnx().model_for_read(&mut &onnx[..]).unwrap();
    model.into_typed().unwrap().into_runnable().unwrap()
}

/// Compiles a model in every way and compares its outputs on one random input with tract's.
pub(crate) fn agree(onnx: &[u8]) {
    let model = reference(onnx);
    for fuse in [true, false] {
        let options = Options {
            fuse,
            ..Options::float()
        };
        let compiled = compile(onnx, &options).unwrap();
        let shape = &compiled.report.inputs[0].shape;
        let mut random = Generator::new(3);
        let input: Vec<f32> = (0..shape.iter().product())
            .map(|_| random.normal())
            .collect();
        let tensor = Tensor::from_shape(shape, &input).unwrap();
        let reference = model.run(tvec!(tensor.into_tvalue())).unwrap();
        Machine::new(&compiled).with_session(|session| {
            session.write_input(0, 0, &input).unwrap();
            session.run(0).unwrap();
            for (index, wanted) in reference.iter().enumerate() {
                assert_eq!(compiled.report.outputs[index].shape, wanted.shape());
                let wanted = wanted.to_plain_array_view::<f32>().unwrap();
                let found: &[f32] = session.read_output(0, index).unwrap();
                let largest = wanted
                    .iter()
                    .fold(1.0_f32, |most, value| most.max(value.abs()));
                for (element, (value, wanted)) in found.iter().zip(&wanted).enumerate() {
                    assert!(
                        (value - wanted).abs() <= 1e-5 * largest,
                        "output {index} [{element}] is {value}, tract has {wanted}"
                    );
                }
            }
        });
    }
}

pub(crate) fn random_constant(graph: &mut GraphBuilder, name: &str, shape: &[usize]) {
    let mut random = Generator::new(name.len() as u64 + shape.len() as u64);
    let values: Vec<f32> = (0..shape.iter().product())
        .map(|_| random.normal())
        .collect();
    graph.constant_f32(name, shape, &values);
}

/// A convolution's extents and attributes, of which the last `axes` count.
#[derive(Clone, Debug)]
struct ConvCase {
    axes: usize,
    transposed: bool,
    batch: usize,
    group: usize,
    inputs: usize,
    outputs: usize,
    kernel: [usize; 3],
    strides: [i64; 3],
    dilations: [i64; 3],
    pads: [[i64; 3]; 2],
    input: [usize; 3],
}

fn conv_case() -> impl Strategy<Value = ConvCase> {
    let kind = (1_usize..4, any::<bool>(), 1_usize..3);
    let channels = (1_usize..4, 1_usize..3, 1_usize..4);
    let window = (
        prop::array::uniform3(1_usize..4),
        prop::array::uniform3(1_i64..3),
        prop::array::uniform3(1_i64..3),
        prop::array::uniform2(prop::array::uniform3(0_i64..2)),
    );
    let input = prop::array::uniform3(5_usize..8);
    (kind, channels, window, input).prop_map(
        |((axes, transposed, batch), (group, inputs, outputs), window, input)| ConvCase {
            axes,
            transposed,
            batch,
            group,
            inputs: inputs * group,
            outputs: outputs * group,
            kernel: window.0,
            strides: window.1,
            dilations: window.2,
            pads: window.3,
            input,
        },
    )
}

fn conv_model(case: &ConvCase) -> Vec<u8> {
    let mut graph = GraphBuilder::new("conv");
    let first = 3 - case.axes;
    let mut weights = if case.transposed {
        vec![case.inputs, case.outputs / case.group]
    } else {
        vec![case.outputs, case.inputs / case.group]
    };
    let mut input = vec![case.batch, case.inputs];
    weights.extend(&case.kernel[first..]);
    input.extend(&case.input[first..]);
    let pads = [&case.pads[0][first..], &case.pads[1][first..]].concat();
    graph.input("x", ElementType::F32, input);
    random_constant(&mut graph, "w", &weights);
    random_constant(&mut graph, "bias", &[case.outputs]);
    let op = if case.transposed {
        "ConvTranspose"
    } else {
        "Conv"
    };
    graph
        .node(op, "conv", &["x", "w", "bias"], &["c"])
        .attribute("group", case.group as i64)
        .attribute("strides", &case.strides[first..])
        .attribute("dilations", &case.dilations[first..])
        .attribute("pads", &pads[..]);
    graph.node("Relu", "relu", &["c"], &["y"]);
    let extents = ["n", "c", "d", "h", "w"];
    graph.output(
        "y",
        ElementType::F32,
        extents[..2 + case.axes].iter().copied(),
    );
    graph.encode()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn convolutions_agree(case in conv_case()) {
        agree(&conv_model(&case));
    }
}

/// A model of one input `[1, 4, 6, 5]` and the nodes that `build` adds, which write `y`.
fn agree_on(outputs: &[usize], build: impl FnOnce(&mut GraphBuilder)) {
    let mut graph = GraphBuilder::new("case");
    graph.input("x", ElementType::F32, [1, 4, 6, 5]);
    build(&mut graph);
    graph.output("y", ElementType::F32, outputs.iter().copied());
    agree(&graph.encode());
}

/// A net of nodes that keep the shape `[1, 4, 6, 5]`; each step names a kind and two tensors so far.
fn net_model(steps: &[(usize, usize, usize)]) -> Vec<u8> {
    let mut graph = GraphBuilder::new("net");
    graph.input("t0", ElementType::F32, [1, 4, 6, 5]);
    random_constant(&mut graph, "dense", &[4, 4, 3, 3]);
    random_constant(&mut graph, "depthwise", &[4, 1, 3, 3]);
    random_constant(&mut graph, "bias", &[4, 1, 1]);
    for (index, &(kind, first, second)) in steps.iter().enumerate() {
        let name = |tensor: usize| format!("t{}", tensor % (index + 1));
        let (x, z, y) = (name(first), name(second), format!("t{}", index + 1));
        let node = format!("node {index}");
        match kind {
            0 | 1 => {
                let (weights, group) = [("dense", 1), ("depthwise", 4)][kind];
                // Keeps values in range however long the net is.
                let scaled = format!("tanh {index}");
                graph.node("Tanh", &scaled, &[&x], &[&scaled]);
                graph
                    .node("Conv", &node, &[&scaled, weights], &[&y])
                    .attribute("pads", [1, 1, 1, 1])
                    .attribute("group", group);
            }
            2 => {
                graph.node("Relu", &node, &[&x], &[&y]);
            }
            3 => {
                graph.node("Add", &node, &[&x, &z], &[&y]);
            }
            4 => {
                graph
                    .node("MaxPool", &node, &[&x], &[&y])
                    .attribute("kernel_shape", [3, 3])
                    .attribute("pads", [1, 1, 1, 1]);
            }
            5 => {
                graph.node("Add", &node, &[&x, "bias"], &[&y]);
            }
            _ => {
                let turned = format!("turned {index}");
                let there = graph.node("Transpose", &turned, &[&x], &[&turned]);
                there.attribute("perm", [0, 2, 3, 1]);
                let back = graph.node("Transpose", &node, &[&turned], &[&y]);
                back.attribute("perm", [0, 3, 1, 2]);
            }
        }
    }
    for output in [steps.len(), steps.len() / 2 + 1] {
        graph.output(&format!("t{output}"), ElementType::F32, [1, 4, 6, 5]);
    }
    graph.encode()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nets_agree(steps in prop::collection::vec((0_usize..7, 0_usize..20, 0_usize..20), 2..14)) {
        agree(&net_model(&steps));
    }
}

/// The runner gives the values of a graph in which tract's rewriting leaves an output without its operator.
#[test]
fn what_tract_cannot_rewrite_runs() {
    let steps = [
        (3, 0, 0),
        (3, 0, 0),
        (5, 1, 0),
        (5, 2, 0),
        (2, 0, 0),
        (3, 2, 3),
    ];
    let onnx = net_model(&steps);
    let input: Vec<f32> = (0..120).map(|element| element as f32).collect();
    let shape = [1, 4, 6, 5];
    let tensor = Tensor::from_shape(&shape, &input).unwrap();
    let wanted = reference(&onnx).run(tvec!(tensor.into_tvalue())).unwrap();
    let runner = OnnxRunner::from_bytes(&onnx, 1).unwrap();
    let found = runner.run(&[(&input, &shape)]).unwrap();
    for (wanted, found) in wanted.iter().zip(&found) {
        let wanted = wanted.to_plain_array_view::<f32>().unwrap();
        assert_eq!(wanted.as_slice().unwrap(), found.values);
    }
}

#[test]
fn poolings_agree() {
    for op in ["MaxPool", "AveragePool"] {
        agree_on(&[1, 4, 3, 3], |graph| {
            graph
                .node(op, "pool", &["x"], &["y"])
                .attribute("kernel_shape", [3, 2])
                .attribute("strides", [2, 2])
                .attribute("pads", [1, 1, 1, 0]);
        });
        agree_on(&[1, 4, 3, 3], |graph| {
            graph
                .node(op, "pool", &["x"], &["y"])
                .attribute("kernel_shape", [2, 2])
                .attribute("strides", [2, 2])
                .attribute("ceil_mode", 1);
        });
        agree_on(&[1, 4, 3, 3], |graph| {
            graph
                .node(op, "pool", &["x"], &["y"])
                .attribute("kernel_shape", [3, 3])
                .attribute("strides", [2, 2])
                .attribute("auto_pad", "SAME_UPPER");
        });
    }
    agree_on(&[1, 4, 6, 5], |graph| {
        graph
            .node("AveragePool", "pool", &["x"], &["y"])
            .attribute("kernel_shape", [3, 3])
            .attribute("pads", [1, 1, 1, 1])
            .attribute("count_include_pad", 1);
    });
    agree_on(&[1, 4, 1, 1], |graph| {
        graph.node("GlobalAveragePool", "pool", &["x"], &["y"]);
    });
    agree_on(&[1, 4], |graph| {
        graph
            .node("ReduceMean", "mean", &["x"], &["y"])
            .attribute("axes", [-2, 3])
            .attribute("keepdims", 0);
    });
}

#[test]
fn poolings_of_batches_and_volumes_agree() {
    for op in ["MaxPool", "AveragePool"] {
        for (kernel, extents) in [([2, 3, 2], [3, 3, 4]), ([1, 3, 2], [4, 3, 4])] {
            let mut graph = GraphBuilder::new("pool");
            graph.input("x", ElementType::F32, [2, 3, 4, 6, 5]);
            graph
                .node(op, "pool", &["x"], &["y"])
                .attribute("kernel_shape", kernel)
                .attribute("strides", [1, 2, 1])
                .attribute("pads", [0, 1, 0, 0, 0, 0]);
            let [d, h, w] = extents;
            graph.output("y", ElementType::F32, [2, 3, d, h, w]);
            agree(&graph.encode());
        }
    }
}

#[test]
fn batch_normalisation_agrees_before_and_after_a_convolution() {
    let norm = |graph: &mut GraphBuilder, input: &str, output: &str| {
        for name in ["gamma", "beta", "mean"] {
            random_constant(graph, &format!("{name} {input}"), &[4]);
        }
        let variance = format!("variance {input}");
        graph.constant_f32(&variance, &[4], &[0.5, 1.0, 2.0, 3.0]);
        let names: Vec<String> = ["gamma", "beta", "mean"]
            .iter()
            .map(|name| format!("{name} {input}"))
            .collect();
        let inputs = [input, &names[0], &names[1], &names[2], &variance];
        graph.node(
            "BatchNormalization",
            &format!("norm {input}"),
            &inputs,
            &[output],
        );
    };
    agree_on(&[1, 4, 6, 5], |graph| {
        norm(graph, "x", "n");
        random_constant(graph, "w", &[4, 4, 3, 3]);
        graph
            .node("Conv", "conv", &["n", "w"], &["c"])
            .attribute("pads", [1, 1, 1, 1]);
        norm(graph, "c", "m");
        graph.node("Relu", "relu", &["m"], &["y"]);
    });
}

#[test]
fn dense_layers_agree_in_every_form() {
    // A convolution before, so that the flattened elements lie channels last.
    let flat = |graph: &mut GraphBuilder| {
        random_constant(graph, "w", &[3, 4, 1, 1]);
        graph.node("Conv", "conv", &["x", "w"], &["c"]);
        graph.node("Flatten", "flatten", &["c"], &["f"]);
    };
    agree_on(&[1, 7], |graph| {
        flat(graph);
        random_constant(graph, "g", &[7, 90]);
        random_constant(graph, "b", &[1, 7]);
        graph
            .node("Gemm", "gemm", &["f", "g", "b"], &["y"])
            .attribute("transB", 1)
            .attribute("alpha", 0.5_f32)
            .attribute("beta", 2.0_f32);
    });
    agree_on(&[1, 7], |graph| {
        flat(graph);
        random_constant(graph, "g", &[90, 7]);
        random_constant(graph, "b", &[7]);
        graph.node("MatMul", "product", &["f", "g"], &["p"]);
        graph.node("Add", "sum", &["b", "p"], &["s"]);
        graph.node("Tanh", "tanh", &["s"], &["t"]);
        graph.node("Sigmoid", "sigmoid", &["t"], &["y"]);
    });
    agree_on(&[1, 4, 6, 2], |graph| {
        random_constant(graph, "g", &[5, 2]);
        graph.node("MatMul", "rows", &["x", "g"], &["y"]);
    });
}

#[test]
fn additions_agree() {
    agree_on(&[1, 4, 6, 5], |graph| {
        random_constant(graph, "w", &[4, 4, 1, 1]);
        graph.node("Conv", "conv", &["x", "w"], &["c"]);
        graph.node("Add", "sum", &["x", "c"], &["s"]);
        random_constant(graph, "bias", &[4, 1, 1]);
        graph.node("Add", "bias", &["s", "bias"], &["b"]);
        graph.node("Relu", "relu", &["b"], &["y"]);
    });
    agree_on(&[1, 4, 6, 5], |graph| {
        random_constant(graph, "row", &[5]);
        graph.node("Add", "row", &["x", "row"], &["r"]);
        graph
            .node("LeakyRelu", "leaky", &["r"], &["y"])
            .attribute("alpha", 0.2_f32);
    });
}

#[test]
fn layouts_agree() {
    agree_on(&[1, 5, 4, 6], |graph| {
        random_constant(graph, "w", &[4, 4, 1, 1]);
        graph.node("Conv", "conv", &["x", "w"], &["c"]);
        graph
            .node("Transpose", "turn", &["c"], &["t"])
            .attribute("perm", [0, 3, 1, 2]);
        graph.node("Relu", "relu", &["t"], &["y"]);
    });
    agree_on(&[1, 8, 3, 5], |graph| {
        random_constant(graph, "w", &[4, 4, 1, 1]);
        graph.node("Conv", "conv", &["x", "w"], &["c"]);
        graph.constant_i64("shape", &[4], &[1, 8, 3, 5]);
        graph.node("Reshape", "reshape", &["c", "shape"], &["r"]);
        random_constant(graph, "v", &[8, 8, 1, 1]);
        graph.node("Conv", "again", &["r", "v"], &["y"]);
    });
    for axis in [1, 2, -1] {
        agree_on(&[1, 4, 6, 5], |graph| {
            random_constant(graph, "w", &[4, 4, 1, 1]);
            graph.node("Conv", "conv", &["x", "w"], &["c"]);
            graph
                .node("Softmax", "softmax", &["c"], &["y"])
                .attribute("axis", axis);
        });
    }
    agree_on(&[1, 6, 5, 4], |graph| {
        graph
            .node("Transpose", "turn", &["x"], &["y"])
            .attribute("perm", [0, 2, 3, 1]);
    });
    agree_on(&[4, 30], |graph| {
        graph.constant_i64("shape", &[2], &[4, 30]);
        graph.node("Reshape", "reshape", &["x", "shape"], &["y"]);
    });
}

#[test]
fn kept_inputs_survive_the_run() {
    let mut graph = GraphBuilder::new("relu");
    graph.input("x", ElementType::F32, [1, 8]);
    graph.node("Relu", "relu", &["x"], &["y"]);
    graph.output("y", ElementType::F32, [1, 8]);
    let onnx = graph.encode();
    let input = [-1.0_f32, 2.0, -3.0, 4.0, -5.0, 6.0, -7.0, 8.0];
    for keep_inputs in [false, true] {
        let options = Options {
            keep_inputs,
            io: IoLayout::ChannelsLast,
            ..Options::float()
        };
        let compiled = compile(&onnx, &options).unwrap();
        assert_eq!(
            compiled.report.arena_bytes,
            if keep_inputs { 64 } else { 32 }
        );
        Machine::new(&compiled).with_session(|session| {
            session.write_input(0, 0, &input).unwrap();
            session.run(0).unwrap();
            let kept: &[f32] = bytemuck::cast_slice(session.input_mut(0, 0).unwrap());
            assert_eq!(kept == input, keep_inputs);
        });
    }
}
