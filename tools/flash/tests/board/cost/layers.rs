//! Layers of many shapes, side by side in a few models for each kind of arithmetic. None is larger than what a processor
//! keeps near it, as those of one small model are.

use super::Layers;
use crate::support::random;
use cadet_compiler::{Numerics, Options, Weights};
use cadet_format::Generator;
use cadet_onnx::{Attribute, ElementType, GraphBuilder};

/// Shape of a convolution's weights, groups, stride and padding at each side, on input `input`.
struct Conv {
    input: usize,
    weights: [usize; 4],
    group: i64,
    stride: i64,
    pad: i64,
}

/// What convolutions read, up to `FEW` also what functions, pools and sums do.
const IMAGES: [[usize; 4]; 12] = [
    [1, 3, 24, 24],
    [1, 8, 16, 12],
    [1, 32, 8, 8],
    [1, 64, 6, 5],
    [1, 1, 24, 10],
    [1, 128, 3, 3],
    [1, 16, 30, 28],
    [1, 8, 48, 40],
    [1, 48, 14, 12],
    [1, 100, 6, 6],
    [1, 3, 64, 60],
    [1, 1, 40, 12],
];
const FEW: usize = 7;
/// Convolutions that fit one model.
const CONVS_AT_ONCE: usize = 21;

const fn conv(input: usize, weights: [usize; 4], stride: i64, pad: i64) -> Conv {
    Conv {
        input,
        weights,
        group: 1,
        stride,
        pad,
    }
}

const fn depthwise(input: usize, kernel: [usize; 2], stride: i64, pad: i64) -> Conv {
    let channels = IMAGES[input][1];
    Conv {
        input,
        weights: [channels, 1, kernel[0], kernel[1]],
        group: channels as i64,
        stride,
        pad,
    }
}

const CONVS: [Conv; 41] = [
    conv(0, [8, 3, 3, 3], 2, 1),
    conv(0, [16, 3, 3, 3], 1, 1),
    conv(0, [12, 3, 5, 5], 2, 2),
    conv(1, [8, 8, 1, 1], 1, 0),
    conv(1, [24, 8, 1, 1], 1, 0),
    conv(1, [16, 8, 3, 3], 1, 1),
    conv(1, [16, 8, 3, 3], 2, 1),
    conv(1, [20, 8, 1, 1], 2, 0),
    conv(2, [32, 32, 1, 1], 1, 0),
    conv(2, [64, 32, 1, 1], 1, 0),
    conv(2, [32, 32, 3, 3], 1, 1),
    conv(3, [64, 64, 1, 1], 1, 0),
    conv(3, [48, 64, 3, 3], 1, 1),
    conv(4, [32, 1, 9, 3], 2, 1),
    conv(5, [128, 128, 1, 1], 1, 0),
    depthwise(1, [3, 3], 1, 1),
    depthwise(1, [3, 3], 2, 1),
    depthwise(2, [3, 3], 1, 1),
    depthwise(2, [5, 5], 1, 2),
    depthwise(3, [3, 3], 2, 1),
    depthwise(3, [3, 3], 1, 1),
    depthwise(5, [3, 3], 1, 1),
    conv(6, [16, 16, 3, 3], 1, 1),
    conv(6, [24, 16, 3, 3], 2, 1),
    conv(6, [32, 16, 1, 1], 1, 0),
    conv(6, [8, 16, 1, 1], 1, 0),
    depthwise(6, [3, 3], 1, 1),
    depthwise(6, [3, 3], 2, 1),
    conv(7, [16, 8, 1, 1], 1, 0),
    conv(7, [8, 8, 3, 3], 2, 1),
    depthwise(7, [3, 3], 1, 1),
    conv(8, [48, 48, 3, 3], 1, 1),
    conv(8, [80, 48, 1, 1], 1, 0),
    conv(8, [10, 48, 1, 1], 1, 0),
    depthwise(8, [3, 3], 1, 1),
    depthwise(8, [3, 3], 2, 1),
    conv(9, [60, 100, 1, 1], 1, 0),
    conv(9, [30, 100, 1, 1], 1, 0),
    depthwise(9, [3, 3], 1, 1),
    conv(10, [8, 3, 3, 3], 2, 1),
    conv(11, [48, 1, 8, 4], 2, 1),
];

const FUNCTIONS: [&str; 16] = [
    "Relu",
    "LeakyRelu",
    "Sigmoid",
    "Tanh",
    "HardSigmoid",
    "HardSwish",
    "Exp",
    "Abs",
    "Neg",
    "Floor",
    "Elu",
    "Selu",
    "Softplus",
    "Erf",
    "Sin",
    "Cos",
];

const DENSE: [[usize; 2]; 9] = [
    [8, 128],
    [64, 10],
    [128, 128],
    [300, 24],
    [640, 64],
    [96, 200],
    [256, 6],
    [500, 90],
    [40, 32],
];

/// Random samples for int8.
pub(super) struct Calibrated {
    samples: Vec<Vec<f32>>,
}

impl Calibrated {
    /// For a model whose inputs have so many elements.
    pub(super) fn new(elements: usize) -> Calibrated {
        let mut generator = Generator::new(5);
        let samples = (0..4).map(|_| random(&mut generator, elements));
        Calibrated {
            samples: samples.collect(),
        }
    }

    /// How to compile the model.
    pub(super) fn int8(&self, numerics: Numerics) -> Options {
        Options {
            numerics,
            ..Options::int8(self.samples.clone())
        }
    }
}

/// Convolutions, fully connected layers and what else there is, each in all arithmetic that it has kernels of its own for.
pub(super) fn models() -> Vec<Layers> {
    let convs = CONVS.chunks(CONVS_AT_ONCE).map(|it| (Net::of_convs(it), 5));
    let nets = convs.chain([(Net::of_rows(), 6), (Net::of_images(), 3)]);
    let compressed = |weights| Options {
        weights,
        ..Options::float()
    };
    let mut models = Vec::new();
    for (net, kinds) in nets {
        let onnx = net.graph.encode();
        let calibrated = Calibrated::new(net.elements);
        let all = [
            Options::float(),
            calibrated.int8(Numerics::Onnx),
            calibrated.int8(Numerics::Tflite),
            // Of layers with weights only.
            compressed(Weights::F16),
            compressed(Weights::Int8),
            // Of fully connected layers only.
            calibrated.int8(Numerics::Tflm),
        ];
        models.extend(all.into_iter().take(kinds).map(|options| Layers {
            onnx: onnx.clone(),
            options,
            kernels: &[],
        }));
    }
    models
}

struct Net {
    graph: GraphBuilder,
    generator: Generator,
    elements: usize,
    outputs: usize,
}

impl Net {
    fn new() -> Net {
        Net {
            graph: GraphBuilder::new("layers"),
            generator: Generator::new(4),
            elements: 0,
            outputs: 0,
        }
    }

    fn of_convs(convs: &[Conv]) -> Net {
        let mut net = Net::new();
        for (index, shape) in IMAGES.iter().enumerate() {
            if convs.iter().any(|it| it.input == index) {
                net.input(&format!("image{index}"), shape);
            }
        }
        for (index, it) in convs.iter().enumerate() {
            net.conv(index, it);
        }
        net
    }

    fn input(&mut self, name: &str, shape: &[usize]) {
        self.graph
            .input(name, ElementType::F32, shape.iter().copied());
        self.elements += shape.iter().product::<usize>();
    }

    fn constant(&mut self, name: &str, shape: &[usize]) {
        let values = random(&mut self.generator, shape.iter().product());
        self.graph.constant_f32(name, shape, &values);
    }

    /// A node whose output is one of the model's.
    fn add(
        &mut self,
        op: &str,
        inputs: &[&str],
        shape: &[usize],
        attributes: &[(&str, Attribute)],
    ) {
        let output = format!("y{}", self.outputs);
        self.outputs += 1;
        self.graph
            .output(&output, ElementType::F32, shape.iter().copied());
        let name = format!("{op} {output}");
        let node = self.graph.node(op, &name, inputs, &[&output]);
        attributes.iter().fold(node, |node, (name, value)| {
            node.attribute(name, value.clone())
        });
    }

    fn conv(&mut self, index: usize, conv: &Conv) {
        let weights = format!("conv{index}");
        self.constant(&weights, &conv.weights);
        let [_, _, height, width] = IMAGES[conv.input];
        let out = |extent: usize, kernel: usize| {
            (extent + 2 * conv.pad as usize - kernel) / conv.stride as usize + 1
        };
        let [channels, _, kernel_height, kernel_width] = conv.weights;
        let shape = [
            1,
            channels,
            out(height, kernel_height),
            out(width, kernel_width),
        ];
        let attributes = [
            ("pads", vec![conv.pad; 4].into()),
            ("strides", vec![conv.stride; 2].into()),
            ("group", conv.group.into()),
        ];
        let image = format!("image{}", conv.input);
        self.add("Conv", &[&image, &weights], &shape, &attributes);
    }

    /// Pools, sums and functions of images.
    fn of_images() -> Net {
        let mut net = Net::new();
        net.graph.constant_f32("low", &[], &[-0.5]);
        net.graph.constant_f32("high", &[], &[0.5]);
        for (index, shape) in IMAGES.into_iter().enumerate().take(FEW) {
            let [_, c, h, w] = shape;
            let image = format!("image{index}");
            net.input(&image, &shape);
            let halved = [
                ("kernel_shape", vec![2, 2].into()),
                ("strides", vec![2, 2].into()),
            ];
            for op in ["MaxPool", "AveragePool"] {
                net.add(op, &[&image], &[1, c, h / 2, w / 2], &halved);
            }
            let dense = [("kernel_shape", vec![3, 3].into())];
            net.add("MaxPool", &[&image], &[1, c, h - 2, w - 2], &dense);
            net.add("GlobalAveragePool", &[&image], &[1, c, 1, 1], &[]);
            for op in FUNCTIONS {
                net.add(op, &[&image], &[1, c, h, w], &[]);
            }
            net.add("Clip", &[&image, "low", "high"], &[1, c, h, w], &[]);
            let turned = format!("turned{index}");
            net.graph.node("Tanh", &turned, &[&image], &[&turned]);
            for op in ["Add", "Mul", "Sub"] {
                net.add(op, &[&image, &turned], &[1, c, h, w], &[]);
            }
            let axis = [("axis", 1.into())];
            net.add("Concat", &[&image, &turned], &[1, 2 * c, h, w], &axis);
            let along = [("axes", vec![3].into()), ("keepdims", 0.into())];
            net.add("ReduceMean", &[&image], &[1, c, h], &along);
        }
        net
    }

    /// Layers, Softmax and products of rows.
    fn of_rows() -> Net {
        let mut net = Net::new();
        for [inputs, outputs] in DENSE {
            let (row, weights) = (format!("row{inputs}"), format!("dense{inputs}"));
            net.input(&row, &[1, inputs]);
            net.constant(&weights, &[inputs, outputs]);
            net.add("MatMul", &[&row, &weights], &[1, outputs], &[]);
            net.add("Softmax", &[&row], &[1, inputs], &[]);
            let column = format!("column{inputs}");
            net.graph
                .node("Transpose", &column, &[&row], &[&column])
                .attribute("perm", vec![1, 0]);
            net.add("MatMul", &[&row, &column], &[1, 1], &[]);
        }
        net
    }
}
