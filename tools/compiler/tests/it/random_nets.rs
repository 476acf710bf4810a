//! Random nets give the same results whether or not their steps overwrite their inputs.

use crate::support::{Generator, Machine};
use cadet_compiler::{BufferReport, CompileError, Compiled, IoLayout, Options, Strips, compile};
use cadet_onnx::{ElementType, GraphBuilder};
use cadet_runtime::Error;
use proptest::prelude::*;

/// A layer by kind, the tensor that it reads and, where it needs them, another tensor and a number.
type Layer = (usize, usize, usize, usize);

fn layer() -> impl Strategy<Value = Layer> {
    (0_usize..12, 0_usize..4, 0_usize..20, 0_usize..8)
}

/// Adds layers to a graph and knows the shape `[c, h, w]` of every tensor `t0`, `t1`, ...
struct Net {
    graph: GraphBuilder,
    shapes: Vec<[usize; 3]>,
    inputs: usize,
    random: Generator,
}

impl Net {
    /// A net of `inputs` inputs of one shape.
    fn new([c, h, w]: [usize; 3], inputs: usize) -> Net {
        let mut graph = GraphBuilder::new("net");
        for input in 0..inputs {
            graph.input(&format!("t{input}"), ElementType::F32, [1, c, h, w]);
        }
        Net {
            graph,
            shapes: vec![[c, h, w]; inputs],
            inputs,
            random: Generator::new(5),
        }
    }

    /// A net of these layers.
    fn of(shape: [usize; 3], inputs: usize, layers: &[Layer]) -> Net {
        let mut net = Net::new(shape, inputs);
        for &layer in layers {
            net.layer(layer);
        }
        net
    }

    fn constant(&mut self, name: &str, shape: &[usize]) {
        let random = &mut self.random;
        let values = (0..shape.iter().product()).map(|_| 0.5 * random.normal());
        let values: Vec<f32> = values.collect();
        self.graph.constant_f32(name, shape, &values);
    }

    fn conv(&mut self, x: &str, y: &str, [c, h, w]: [usize; 3], outputs: usize, number: usize) {
        let is_depthwise = outputs == 0;
        let (group, outputs) = if is_depthwise {
            (c, c * (1 + number % 2))
        } else {
            (1, outputs)
        };
        let (kernel, stride) = (1 + 2 * (number / 2 % 2), 1 + number / 4);
        let weights = format!("weights of {y}");
        self.constant(&weights, &[outputs, c / group, kernel, kernel]);
        let pad = (kernel / 2) as i64;
        self.graph
            .node("Conv", y, &[x, &weights], &[y])
            .attribute("group", group as i64)
            .attribute("strides", [stride as i64; 2])
            .attribute("pads", [pad; 4]);
        let extent = |extent: usize| (extent - 1) / stride + 1;
        self.shapes.push([outputs, extent(h), extent(w)]);
    }

    /// Adds a layer that reads one of the last tensors; `other` may be any of them.
    fn layer(&mut self, (kind, back, other, number): Layer) {
        let last = self.shapes.len() - 1;
        let source = last - back.min(last);
        let (x, y) = (format!("t{source}"), format!("t{}", last + 1));
        let shape = self.shapes[source];
        let [c, h, w] = shape;
        match kind {
            0..=2 => self.conv(&x, &y, shape, 1 + other % 9, number),
            3 | 4 => self.conv(&x, &y, shape, 0, number),
            5 => {
                // With itself where no other tensor has its shape.
                let all = (0..=last).cycle().skip(other % (last + 1)).take(last + 1);
                let same = all
                    .into_iter()
                    .find(|&t| t != source && self.shapes[t] == shape);
                let z = format!("t{}", same.unwrap_or(source));
                let op = ["Add", "Add", "Mul", "Max"][number % 4];
                self.graph.node(op, &y, &[&x, &z], &[&y]);
                self.shapes.push(shape);
            }
            6 | 7 => {
                let op = ["Relu", "Tanh", "Sigmoid", "LeakyRelu"][number % 4];
                self.graph.node(op, &y, &[&x], &[&y]);
                self.shapes.push(shape);
            }
            8 => {
                let op = ["MaxPool", "AveragePool"][number % 2];
                let stride = 1 + number / 4;
                self.graph
                    .node(op, &y, &[&x], &[&y])
                    .attribute("kernel_shape", [3, 3])
                    .attribute("strides", [stride as i64; 2])
                    .attribute("pads", [1, 1, 1, 1]);
                let extent = |extent: usize| (extent - 1) / stride + 1;
                self.shapes.push([c, extent(h), extent(w)]);
            }
            9 => {
                let turned = self.graph.node("Transpose", &y, &[&x], &[&y]);
                turned.attribute("perm", [0, 1, 3, 2]);
                self.shapes.push([c, w, h]);
            }
            10 => {
                // A dense layer, of one row or of one a pixel.
                let outputs = 1 + other;
                let (flat, product) = (format!("flat {y}"), format!("product {y}"));
                let (rows, inputs) = if number % 2 == 0 {
                    (1, c * h * w)
                } else {
                    (c * h, w)
                };
                let (weights, shapes) = (format!("weights of {y}"), format!("shape of {y}"));
                self.constant(&weights, &[inputs, outputs]);
                self.graph
                    .constant_i64(&flat, &[2], &[rows as i64, inputs as i64]);
                let new = [rows, 1, outputs];
                let dims = [1, rows as i64, 1, outputs as i64];
                self.graph.constant_i64(&shapes, &[4], &dims);
                let view = format!("view {y}");
                self.graph.node("Reshape", &view, &[&x, &flat], &[&view]);
                self.graph
                    .node("MatMul", &product, &[&view, &weights], &[&product]);
                self.graph.node("Reshape", &y, &[&product, &shapes], &[&y]);
                self.shapes.push(new);
            }
            _ => {
                let softmax = self.graph.node("Softmax", &y, &[&x], &[&y]);
                softmax.attribute("axis", 1 + number as i64 % 3);
                self.shapes.push(shape);
            }
        }
    }

    /// The model; its outputs are the last tensor and perhaps another.
    fn encode(mut self, other: usize) -> Vec<u8> {
        let last = self.shapes.len() - 1;
        let mut outputs = vec![last, self.inputs + other % (last + 1 - self.inputs)];
        outputs.dedup();
        for tensor in outputs {
            let [c, h, w] = self.shapes[tensor];
            let name = format!("t{tensor}");
            self.graph.output(&name, ElementType::F32, [1, c, h, w]);
        }
        self.graph.encode()
    }
}

/// Options for a model whose inputs have so many elements in all, with their channels last.
fn precision(elements: usize, is_float: bool) -> Options {
    let sample = (0..elements).map(|i| (i as f32).sin()).collect();
    let precision = if is_float {
        Options::float()
    } else {
        Options::int8(vec![sample])
    };
    Options {
        io: IoLayout::ChannelsLast,
        ..precision
    }
}

/// Runs a model on inputs of small floats, or of any int8.
fn outputs(compiled: &Compiled) -> Vec<Vec<u8>> {
    let report = &compiled.report;
    let mut random = Generator::new(9);
    let inputs: Vec<Vec<u8>> = report
        .inputs
        .iter()
        .map(|port| {
            let is_float = port.dtype == "f32";
            let elements: usize = port.shape.iter().product();
            let bytes = elements * if is_float { 4 } else { 1 };
            let byte = |place: usize| {
                let value = (random.uniform() * 256.0) as u8;
                let is_exponent = is_float && place % 4 == 3;
                if is_exponent {
                    0x3e | value & 0x80
                } else {
                    value
                }
            };
            (0..bytes).map(byte).collect()
        })
        .collect();
    Machine::new(compiled).with_session(|session| {
        let mut fed: &[u8] = &[];
        for (index, bytes) in inputs.iter().enumerate() {
            match session.input_mut(0, index) {
                Ok(input) => input.copy_from_slice(bytes),
                Err(_) => fed = bytes,
            }
        }
        let mut next = 0;
        let mut feed = |offset: usize, part: &mut [u8]| {
            assert_eq!(offset, next, "parts come in order");
            next += part.len();
            part.copy_from_slice(&fed[offset..next]);
            Ok(())
        };
        session.run_fed(0, &mut feed).unwrap();
        let outputs = 0..report.outputs.len();
        let output = |index| session.output(0, index).unwrap().to_vec();
        outputs.map(output).collect()
    })
}

/// Buffers that hold values at one time share bytes only where a step reads one for the last time
/// and writes the other.
fn check_overlaps(buffers: &[BufferReport]) -> Result<(), TestCaseError> {
    for (index, a) in buffers.iter().enumerate() {
        for b in &buffers[..index] {
            let are_live = a.first_step <= b.last_step && b.first_step <= a.last_step;
            let share = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
            if are_live && share {
                let follows = a.last_step == b.first_step || b.last_step == a.first_step;
                prop_assert!(follows, "`{}` and `{}` overlap", a.name, b.name);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn overlaps_change_no_bit(
        input in (1_usize..5, 1_usize..12, 1_usize..12),
        inputs in 1_usize..4,
        layers in prop::collection::vec(layer(), 1..12),
        other_output: usize,
        is_float: bool,
        keep_inputs: bool,
    ) {
        let shape = [input.0, input.1, input.2];
        let onnx = Net::of(shape, inputs, &layers).encode(other_output);
        let precision = precision(inputs * shape.iter().product::<usize>(), is_float);
        let options = Options { keep_inputs, ..precision };
        let apart = compile(&onnx, &Options { overlap: false, ..options.clone() }).unwrap();
        let overlapping = compile(&onnx, &options).unwrap();
        let again = compile(&onnx, &options).unwrap();
        prop_assert!(overlapping.package == again.package, "compiling again gives another package");
        prop_assert!(overlapping.report.arena_bytes <= apart.report.arena_bytes);
        prop_assert!(overlapping.report.arena_lower_bound_bytes <= overlapping.report.arena_bytes);
        check_overlaps(&overlapping.report.buffers)?;
        prop_assert_eq!(outputs(&overlapping), outputs(&apart));
    }

    #[test]
    fn strips_change_no_bit(
        input in (1_usize..4, 4_usize..28, 1_usize..12),
        inputs in 1_usize..3,
        layers in prop::collection::vec(layer(), 2..9),
        other_output: usize,
        is_float: bool,
        overlap: bool,
        strips in prop::sample::select(vec![Strips::Whole, Strips::Fed]),
    ) {
        let shape = [input.0, input.1, input.2];
        let onnx = Net::of(shape, inputs, &layers).encode(other_output);
        let precision = precision(inputs * shape.iter().product::<usize>(), is_float);
        let options = Options { overlap, ..precision };
        let whole = compile(&onnx, &options).unwrap();
        let cut = match compile(&onnx, &Options { strips, ..options }) {
            Ok(cut) => cut,
            Err(CompileError::Option { option: "strips", .. }) if strips == Strips::Fed => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        // Rows that no window reaches are left out.
        prop_assert!(cut.report.macs <= whole.report.macs);
        check_overlaps(&cut.report.buffers)?;
        if strips == Strips::Whole {
            prop_assert!(cut.report.arena_lower_bound_bytes <= whole.report.arena_lower_bound_bytes);
        }
        prop_assert_eq!(outputs(&cut), outputs(&whole));
    }
}

/// A chain as small networks begin, with a residual block in it.
fn chain() -> Vec<u8> {
    let layers = [
        (0, 0, 7, 2),
        (3, 0, 0, 2),
        (0, 0, 7, 0),
        (5, 0, 2, 0),
        (8, 0, 0, 4),
        (0, 0, 3, 6),
    ];
    Net::of([3, 64, 16], 1, &layers).encode(5)
}

#[test]
fn a_chain_runs_in_strips() {
    for is_float in [true, false] {
        let options = precision(3 * 64 * 16, is_float);
        let with = |strips| {
            compile(
                &chain(),
                &Options {
                    strips,
                    ..options.clone()
                },
            )
            .unwrap()
        };
        let [whole, cut, fed] = [Strips::None, Strips::Whole, Strips::Fed].map(with);
        let [whole_report, cut_report, fed_report] = [&whole, &cut, &fed].map(|it| &it.report);
        println!(
            "{} {} {}",
            whole_report.arena_bytes, cut_report.arena_bytes, fed_report.arena_bytes
        );
        assert!(cut_report.arena_bytes < whole_report.arena_bytes);
        assert!(fed_report.arena_bytes < cut_report.arena_bytes);
        assert!(fed_report.strips.as_ref().unwrap().fed_rows < Some(32));
        assert_eq!(outputs(&whole), outputs(&cut));
        assert_eq!(outputs(&whole), outputs(&fed));
        // Who forgets to hand over the input is told so.
        let run = Machine::new(&fed).with_session(|session| session.run(0));
        assert_eq!(run, Err(Error::ExternalTooSmall));
    }
}

/// Sums become part of the layers that make their later summand, where nothing reads the other one afterwards;
/// `overlaps_change_no_bit` holds what they give against sums apart.
#[test]
fn sums_are_part_of_layers() {
    let conv = (0, 0, 7, 2);
    let sum = |back, other| (5, back, other, 0);
    // t4 is t3 + t1, and t7 is t4 + t6.
    let layers = [conv, conv, conv, sum(0, 1), conv, conv, sum(2, 6)];
    for is_float in [true, false] {
        let sums = |other_output| {
            let onnx = Net::of([8, 6, 5], 1, &layers).encode(other_output);
            let compiled = compile(&onnx, &precision(8 * 6 * 5, is_float)).unwrap();
            let kernels = compiled.report.steps.into_iter().map(|it| it.kernel);
            let named = |name: &str| kernels.clone().filter(|it| it.starts_with(name)).count();
            [named("conv2d_add."), named("add.")]
        };
        // t7 is the output, and then t4 too, which stays what it is.
        assert_eq!([sums(6), sums(3)], [[2, 0], [1, 1]]);
    }
}
