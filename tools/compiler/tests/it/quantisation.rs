//! What helps int8 and what makes floats smaller: equalisation, bias correction, compressed weights.

use cadet_compiler::{Compiled, Options, PortReport, Weights, compile};
use cadet_kernels::f16;
use cadet_onnx::{ElementType, GraphBuilder};
use proptest::prelude::*;

use crate::support::{Generator, Machine, data};

const INPUT: usize = 3 * 8 * 8;
const STEPS: [&str; 4] = ["stem", "depthwise", "pointwise", "head"];

/// Weights and biases of convolution, depthwise and pointwise convolution and a fully connected layer, each of them
/// but the last with ReLU.
#[derive(Clone)]
struct Net {
    constants: Vec<(&'static str, Vec<usize>, Vec<f32>)>,
}

impl Net {
    fn new(random: &mut Generator) -> Net {
        let shapes: [(&str, &[usize]); 8] = [
            ("stem.w", &[8, 3, 3, 3]),
            ("stem.b", &[8]),
            ("depthwise.w", &[8, 1, 3, 3]),
            ("depthwise.b", &[8]),
            ("pointwise.w", &[6, 8, 1, 1]),
            ("pointwise.b", &[6]),
            ("head.w", &[4, 96]),
            ("head.b", &[4]),
        ];
        let constants = shapes.iter().map(|&(name, shape)| {
            let fan_in: usize = shape[1..].iter().product();
            let deviation = (2.0 / fan_in as f32).sqrt().min(0.5);
            let values = (0..shape.iter().product()).map(|_| deviation * random.normal());
            (name, shape.to_vec(), values.collect())
        });
        Net {
            constants: constants.collect(),
        }
    }

    fn values(&mut self, name: &str) -> &mut Vec<f32> {
        let mut constants = self.constants.iter_mut();
        &mut constants.find(|(known, ..)| *known == name).unwrap().2
    }

    /// The same function with channel `c` of the stem `scales[c]` times as large.
    fn unbalanced(mut self, scales: &[f32]) -> Net {
        for (index, value) in self.values("stem.w").iter_mut().enumerate() {
            *value *= scales[index / 27];
        }
        for (value, scale) in self.values("stem.b").iter_mut().zip(scales) {
            *value *= scale;
        }
        for (index, value) in self.values("depthwise.w").iter_mut().enumerate() {
            *value /= scales[index / 9];
        }
        self
    }

    fn onnx(&self) -> Vec<u8> {
        let mut graph = GraphBuilder::new("net");
        graph.input("x", ElementType::F32, [1, 3, 8, 8]);
        for (name, shape, values) in &self.constants {
            graph.constant_f32(name, shape, values);
        }
        graph
            .node("Conv", "stem", &["x", "stem.w", "stem.b"], &["a"])
            .attribute("pads", [1, 1, 1, 1]);
        graph.node("Relu", "relu1", &["a"], &["b"]);
        graph
            .node(
                "Conv",
                "depthwise",
                &["b", "depthwise.w", "depthwise.b"],
                &["c"],
            )
            .attribute("pads", [1, 1, 1, 1])
            .attribute("strides", [2, 2])
            .attribute("group", 8);
        graph.node("Relu", "relu2", &["c"], &["d"]);
        graph.node(
            "Conv",
            "pointwise",
            &["d", "pointwise.w", "pointwise.b"],
            &["e"],
        );
        graph.node("Relu", "relu3", &["e"], &["f"]);
        graph.node("Flatten", "flatten", &["f"], &["g"]);
        graph
            .node("Gemm", "head", &["g", "head.w", "head.b"], &["y"])
            .attribute("transB", 1);
        graph.output("y", ElementType::F32, [1, 4]);
        graph.encode()
    }
}

/// Inputs in `[0, 1)`.
fn inputs(random: &mut Generator, count: usize) -> Vec<Vec<f32>> {
    let mut input = || (0..INPUT).map(|_| random.uniform()).collect();
    (0..count).map(|_| input()).collect()
}

fn outputs(compiled: &Compiled, inputs: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let (from, to) = (&compiled.report.inputs[0], &compiled.report.outputs[0]);
    let is_float = |port: &PortReport| port.dtype == "f32";
    let quantise = |value: &f32| {
        let steps = (value / from.scale).round_ties_even() as i32 + from.zero_point;
        steps.clamp(-128, 127) as i8
    };
    let real = |&value: &i8| (i32::from(value) - to.zero_point) as f32 * to.scale;
    let mut machine = Machine::new(compiled);
    let mut output = |input: &Vec<f32>| {
        machine.with_session(|session| {
            if is_float(from) {
                session.write_input(0, 0, input).unwrap();
            } else {
                let integers: Vec<i8> = input.iter().map(quantise).collect();
                session.write_input(0, 0, &integers).unwrap();
            }
            session.run(0).unwrap();
            if is_float(to) {
                session.read_output::<f32>(0, 0).unwrap().to_vec()
            } else {
                let integers: &[i8] = session.read_output(0, 0).unwrap();
                integers.iter().map(real).collect()
            }
        })
    };
    inputs.iter().map(&mut output).collect()
}

/// Root of the mean squared difference, as a share of the root of the mean square of `b`.
fn difference(a: &[Vec<f32>], b: &[Vec<f32>]) -> f32 {
    let (a, b) = (a.concat(), b.concat());
    let error: f32 = a.iter().zip(&b).map(|(a, b)| (a - b).powi(2)).sum();
    (error / b.iter().map(|b| b * b).sum::<f32>()).sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// With every step in floats, an equalised int8 model is the equalised float model.
    #[test]
    fn equalisation_keeps_the_float_function(seed: u64, exponents in prop::array::uniform8(-1.5f32..1.5)) {
        let mut random = Generator::new(seed);
        let scales = exponents.map(|exponent| 10f32.powf(exponent));
        let onnx = Net::new(&mut random).unbalanced(&scales).onnx();
        let samples = inputs(&mut random, 8);
        let equalised = Options {
            equalise: true,
            kept_float: STEPS.map(String::from).into(),
            ..Options::int8(samples.clone())
        };
        let (float, equalised) = (compile(&onnx, &Options::float()).unwrap(), compile(&onnx, &equalised).unwrap());
        prop_assert!(float.report.flash.weights == equalised.report.flash.weights, "all in floats");
        let difference = difference(&outputs(&equalised, &samples), &outputs(&float, &samples));
        prop_assert!(difference < 1e-5, "{difference}");
    }
}

#[test]
fn equalisation_rescues_channels_of_very_different_ranges() {
    let mut random = Generator::new(21);
    let net = Net::new(&mut random);
    let (samples, fresh) = (inputs(&mut random, 50), inputs(&mut random, 50));
    let error = |net: &Net, equalise: bool| {
        let onnx = net.onnx();
        let options = Options {
            equalise,
            ..Options::int8(samples.clone())
        };
        let float = compile(&onnx, &Options::float()).unwrap();
        let int8 = compile(&onnx, &options).unwrap();
        difference(&outputs(&int8, &fresh), &outputs(&float, &fresh))
    };
    let balanced = error(&net, false);
    // From 1 to 1,000.
    let scales: Vec<f32> = (0..8).map(|c| 1000f32.powf(c as f32 / 7.0)).collect();
    let unbalanced = net.unbalanced(&scales);
    let (plain, equalised) = (error(&unbalanced, false), error(&unbalanced, true));
    assert!(plain > 5.0 * balanced, "{plain} against {balanced}");
    assert!(equalised < 1.2 * balanced, "{equalised} against {balanced}");
}

#[test]
fn bias_correction_takes_away_most_of_the_mean_error() {
    let mut random = Generator::new(22);
    let onnx = Net::new(&mut random).onnx();
    let samples = inputs(&mut random, 100);
    let float = outputs(&compile(&onnx, &Options::float()).unwrap(), &samples);
    let mean_error = |bias_correction: bool| {
        // Of a layer alone, since each is corrected for itself.
        let options = Options {
            bias_correction,
            kept_float: STEPS[..3].iter().map(|&step| step.into()).collect(),
            ..Options::int8(samples.clone())
        };
        let int8 = outputs(&compile(&onnx, &options).unwrap(), &samples);
        let mean = |channel: usize| {
            let pairs = int8.iter().zip(&float);
            pairs.map(|(a, b)| a[channel] - b[channel]).sum::<f32>() / samples.len() as f32
        };
        (0..4).map(|channel| mean(channel).abs()).sum::<f32>()
    };
    let (plain, corrected) = (mean_error(false), mean_error(true));
    assert!(corrected < 0.5 * plain, "{corrected} against {plain}");
}

/// The net with its weights as a package of `weights` holds them.
fn decoded(net: &Net, weights: Weights) -> Net {
    let mut net = net.clone();
    for (name, shape, values) in &mut net.constants {
        if !name.ends_with(".w") {
            continue;
        }
        for channel in values.chunks_exact_mut(shape[1..].iter().product()) {
            let largest = channel
                .iter()
                .fold(0f32, |largest, value| largest.max(value.abs()));
            let scale = largest / 127.0;
            for value in channel {
                *value = match weights {
                    Weights::F32 => *value,
                    Weights::F16 => f16::from_f32(*value).to_f32(),
                    _ => (*value / scale).round_ties_even() * scale,
                };
            }
        }
    }
    net
}

#[test]
fn compressed_weights_compute_what_they_stand_for() {
    let mut random = Generator::new(23);
    let net = Net::new(&mut random);
    let inputs = inputs(&mut random, 10);
    for (weights, name) in [(Weights::F16, "f16"), (Weights::Int8, "i8")] {
        let options = Options {
            weights,
            ..Options::float()
        };
        let compressed = compile(&net.onnx(), &options).unwrap();
        let layers = compressed.report.steps.iter().filter(|step| step.macs > 0);
        let kernels: Vec<&str> = layers.map(|step| step.kernel.as_str()).collect();
        let layers = ["conv2d", "depthwise_conv2d", "conv2d", "fully_connected"];
        assert_eq!(
            kernels,
            layers.map(|layer| format!("{layer}_compressed.f32.{name}"))
        );
        let reference = compile(&decoded(&net, weights).onnx(), &Options::float()).unwrap();
        let (found, wanted) = (outputs(&compressed, &inputs), outputs(&reference, &inputs));
        if weights == Weights::F16 {
            assert_eq!(found, wanted);
        }
        let difference = difference(&found, &wanted);
        assert!(difference < 1e-6, "{weights:?}: {difference}");
    }
}

#[test]
fn weights_beyond_the_range_of_f16_stay_as_they_are() {
    let mut random = Generator::new(24);
    let mut net = Net::new(&mut random);
    net.values("pointwise.w")[0] = 1e5;
    let options = Options {
        weights: Weights::F16,
        ..Options::float()
    };
    let compressed = compile(&net.onnx(), &options).unwrap();
    let kernel = |name: &str| {
        let mut steps = compressed.report.steps.iter();
        steps.find(|step| step.name == name).unwrap().kernel.clone()
    };
    assert_eq!(kernel("pointwise"), "conv2d.f32");
    assert_eq!(kernel("stem"), "conv2d_compressed.f32.f16");
}

#[test]
fn packages_of_mlperf_tiny_shrink() {
    for model in ["kws_ref_model", "vww_96", "ic_pretrainedResnet", "ad01"] {
        let Some(path) = data(&format!("mlperf-tiny/onnx/{model}_float32.onnx")) else {
            return;
        };
        let onnx = std::fs::read(path).unwrap();
        let size = |weights: Weights| {
            let options = Options {
                weights,
                ..Options::float()
            };
            let report = cadet_compiler::fit(&onnx, &options).unwrap();
            report.flash.total
        };
        let sizes = [Weights::F32, Weights::F16, Weights::Int8].map(size);
        println!("{model}: f32, f16 and int8 weights take {sizes:?} bytes");
        assert!(
            sizes[1] < sizes[0] * 3 / 5 && sizes[2] < sizes[0] * 2 / 5,
            "{model}: {sizes:?}"
        );
    }
}
