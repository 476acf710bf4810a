//! Models whose constants come out of a `DequantizeLinear`.

use cadet_compiler::{Options, StepReport, compile};
use cadet_onnx::{ElementType, GraphBuilder};
use tract_onnx::prelude::*;

use crate::against_tract::agree;
use crate::support::{Generator, Machine};

/// Adds int8 weights with a scale for each index of `axis`, and gives the name of their float values.
pub(crate) fn weights(
    graph: &mut GraphBuilder,
    name: &str,
    shape: &[usize],
    axis: usize,
) -> String {
    let mut random = Generator::new(name.len() as u64);
    let values = (0..shape.iter().product()).map(|_| (random.uniform() * 255.0 - 127.0) as i8);
    let values: Vec<i8> = values.collect();
    let scales = (0..shape[axis]).map(|_| 0.001 + 0.01 * random.uniform());
    let scales: Vec<f32> = scales.collect();
    let names = ["integers", "scales", "floats"].map(|part| format!("{name} {part}"));
    let [integers, scale, floats] = &names;
    graph.constant_i8(integers, shape, &values);
    graph.constant_f32(scale, &[shape[axis]], &scales);
    graph
        .node("DequantizeLinear", floats, &[integers, scale], &[floats])
        .attribute("axis", axis as i64);
    floats.clone()
}

/// Adds a `QuantizeLinear` and a `DequantizeLinear` of `input`.
pub(crate) fn requantise(
    graph: &mut GraphBuilder,
    input: &str,
    scale: f32,
    zero_point: i8,
) -> String {
    let names = ["scale", "zero point", "integers", "again"].map(|part| format!("{input} {part}"));
    let [scale_name, zero, integers, floats] = &names;
    graph.constant_f32(scale_name, &[], &[scale]);
    graph.constant_i8(zero, &[], &[zero_point]);
    graph.node(
        "QuantizeLinear",
        integers,
        &[input, scale_name, zero],
        &[integers],
    );
    graph.node(
        "DequantizeLinear",
        floats,
        &[integers, scale_name, zero],
        &[floats],
    );
    floats.clone()
}

#[test]
fn weights_of_float_layers_stay_integers() {
    let mut graph = GraphBuilder::new("weight only");
    graph.input("x", ElementType::F32, [2, 4, 6, 5]);
    let filter = weights(&mut graph, "filter", &[8, 4, 3, 3], 0);
    graph.constant_f32("bias", &[8], &[0.5; 8]);
    graph.node("Conv", "conv", &["x", &filter, "bias"], &["a"]);
    graph.node("Relu", "relu", &["a"], &["b"]);
    let depthwise = weights(&mut graph, "depthwise", &[8, 1, 2, 2], 0);
    graph
        .node("Conv", "depthwise", &["b", &depthwise], &["c"])
        .attribute("group", 8);
    graph.node("Flatten", "flatten", &["c"], &["d"]);
    let matrix = weights(&mut graph, "matrix", &[48, 7], 1);
    graph.node("MatMul", "dense", &["d", &matrix], &["y"]);
    graph.output("y", ElementType::F32, [2, 7]);
    let onnx = graph.encode();
    let steps = compile(&onnx, &Options::float()).unwrap().report.steps;
    for name in [
        "conv2d_compressed.f32.i8",
        "depthwise_conv2d_compressed.f32.i8",
        "fully_connected_compressed.f32.i8",
    ] {
        assert!(steps.iter().any(|step| step.kernel == name), "{steps:?}");
    }
    agree(&onnx);
}

#[test]
fn transposed_convolutions_run_in_integers() {
    for group in [1, 2] {
        let mut graph = GraphBuilder::new("transposed");
        graph.input("x", ElementType::F32, [1, 4, 5, 6]);
        let x = requantise(&mut graph, "x", 0.05, -3);
        let filter = weights(&mut graph, "filter", &[4, 3, 3, 2], 1);
        graph
            .node("ConvTranspose", "conv", &[&x, &filter], &["c"])
            .attribute("group", group)
            .attribute("strides", [2, 1])
            .attribute("pads", [1, 0, 0, 1]);
        let y = requantise(&mut graph, "c", 0.1, 7);
        graph.output(&y, ElementType::F32, ["n", "c", "h", "w"]);
        let onnx = graph.encode();
        let compiled = compile(&onnx, &Options::float()).unwrap();
        let steps = &compiled.report.steps;
        let is_integer = |step: &StepReport| step.kernel == "conv_transpose.i8.onnx";
        assert!(steps.iter().any(is_integer), "{steps:?}");

        // The caller sees the integers behind the first and the last floats.
        let mut random = Generator::new(1);
        let input: Vec<i8> = (0..120)
            .map(|_| (random.uniform() * 255.0 - 128.0) as i8)
            .collect();
        let floats: Vec<f32> = input.iter().map(|&q| (f32::from(q) + 3.0) * 0.05).collect();
        let model = tract_onnx::onnx().model_for_read(&mut &onnx[..]).unwrap();
        let model = model.into_optimized().unwrap().into_runnable().unwrap();
        let tensor = Tensor::from_shape(&[1, 4, 5, 6], &floats).unwrap();
        let reference = model.run(tvec!(tensor.into_tvalue())).unwrap();
        let wanted = reference[0].to_plain_array_view::<f32>().unwrap();
        Machine::new(&compiled).with_session(|session| {
            session.write_input(0, 0, &input).unwrap();
            session.run(0).unwrap();
            let found: &[i8] = session.read_output(0, 0).unwrap();
            assert_eq!(found.len(), wanted.len());
            for (&found, &wanted) in found.iter().zip(&wanted) {
                let found = (f32::from(found) - 7.0) * 0.1;
                assert!((found - wanted).abs() <= 0.101, "{found} for {wanted}");
            }
        });
    }
}

/// What ONNX Runtime's dynamic quantisation makes of a convolution.
#[test]
fn dynamically_quantised_convolutions_agree() {
    let mut graph = GraphBuilder::new("dynamic");
    graph.input("x", ElementType::F32, [2, 3, 6, 5]);
    let outputs = ["integers", "scale", "zero point"];
    graph.node("DynamicQuantizeLinear", "quantise", &["x"], &outputs);
    let mut random = Generator::new(7);
    let weights: Vec<u8> = (0..4 * 3 * 9)
        .map(|_| (random.uniform() * 256.0) as u8)
        .collect();
    graph.constant_u8("w", &[4, 3, 3, 3], &weights);
    graph.constant_u8("w zero point", &[], &[120]);
    let inputs = ["integers", "w", "zero point", "w zero point"];
    graph
        .node("ConvInteger", "conv", &inputs, &["sums"])
        .attribute("pads", [1, 1, 1, 1]);
    graph
        .node("Cast", "cast", &["sums"], &["floats"])
        .attribute("to", 1);
    graph.node("Mul", "rescale", &["floats", "scale"], &["y"]);
    graph.output("y", ElementType::F32, [2, 4, 6, 5]);
    agree(&graph.encode());
}

/// Steps inside work on int8, whose integers are others than the uint8 ones that some operators read.
#[test]
fn integers_that_are_read_as_numbers_keep_their_values() {
    let mut graph = GraphBuilder::new("numbers");
    graph.input("x", ElementType::F32, [2, 6]);
    graph.constant_f32("scale", &[], &[0.05]);
    graph.constant_u8("zero", &[], &[131]);
    let affine = ["scale", "zero"];
    let quantised = ["x", affine[0], affine[1]];
    graph.node("QuantizeLinear", "q", &quantised, &["q"]);
    graph.constant_i64("pads", &[4], &[0, 1, 1, 0]);
    graph.constant_u8("seven", &[], &[7]);
    graph.node("Pad", "pad", &["q", "pads", "seven"], &["padded"]);
    graph.constant_u8("more", &[2, 2], &[0, 1, 131, 255]);
    graph
        .node("Concat", "join", &["q", "more"], &["joined"])
        .attribute("axis", 1);
    // The float input has another reader, and the outputs another writer, so that they stay floats.
    graph.node("Abs", "abs", &["x"], &["y"]);
    graph.output("y", ElementType::F32, [2, 6]);
    for (integers, shape) in [("q", [2, 6]), ("padded", [3, 7]), ("joined", [2, 8])] {
        let names = ["real", "number", "minus", "less"].map(|part| format!("{integers} {part}"));
        let [real, number, minus, less] = &names;
        let operands = [integers, affine[0], affine[1]];
        graph.node("DequantizeLinear", real, &operands, &[real]);
        graph
            .node("Cast", number, &[integers], &[number])
            .attribute("to", 1);
        graph.node("Neg", minus, &[real], &[minus]);
        graph.node("Neg", less, &[number], &[less]);
        graph.output(minus, ElementType::F32, shape);
        graph.output(less, ElementType::F32, shape);
    }
    agree(&graph.encode());
}

/// What PyTorch's exporter makes of a linear layer: the weights are transposed behind their conversion.
#[test]
fn transposed_weights_keep_their_integers() {
    let mut graph = GraphBuilder::new("linear");
    graph.input("x", ElementType::F32, [2, 12]);
    let x = requantise(&mut graph, "x", 0.03, 5);
    let matrix = weights(&mut graph, "matrix", &[7, 12], 0);
    graph
        .node("Transpose", "turn", &[&matrix], &["turned"])
        .attribute("perm", [1, 0]);
    graph.node("MatMul", "dense", &[&x, "turned"], &["product"]);
    graph.node("Neg", "minus", &["product"], &["y"]);
    graph.output("y", ElementType::F32, [2, 7]);
    let onnx = graph.encode();
    let steps = compile(&onnx, &Options::float()).unwrap().report.steps;
    let is_kept = |step: &StepReport| step.kernel == "fully_connected_compressed.f32.i8";
    assert!(steps.iter().any(is_kept), "{steps:?}");
}
