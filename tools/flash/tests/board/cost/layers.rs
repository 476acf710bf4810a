//! Layers of many shapes, side by side in one model for each kind of arithmetic.

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

const IMAGES: [[usize; 4]; 6] = [
    [1, 3, 24, 24],
    [1, 8, 16, 12],
    [1, 32, 8, 8],
    [1, 64, 6, 5],
    [1, 1, 24, 10],
    [1, 128, 3, 3],
];

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

const CONVS: [Conv; 22] = [
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

const DENSE: [[usize; 2]; 6] = [
    [8, 128],
    [64, 10],
    [128, 128],
    [300, 24],
    [640, 64],
    [96, 200],
];

/// The models to measure, with how to compile them.
pub(super) fn models() -> Vec<(Vec<u8>, Options)> {
    let (onnx, elements) = model();
    let mut generator = Generator::new(5);
    let samples: Vec<Vec<f32>> = (0..4).map(|_| random(&mut generator, elements)).collect();
    let int8 = |numerics| Options {
        numerics,
        ..Options::int8(samples.clone())
    };
    let compressed = |weights| Options {
        weights,
        ..Options::float()
    };
    vec![
        (onnx.clone(), Options::float()),
        (onnx.clone(), int8(Numerics::Onnx)),
        (onnx.clone(), int8(Numerics::Tflite)),
        (onnx.clone(), int8(Numerics::Tflm)),
        (onnx.clone(), compressed(Weights::F16)),
        (onnx, compressed(Weights::Int8)),
    ]
}

/// The model, and the elements of all its inputs.
fn model() -> (Vec<u8>, usize) {
    let mut net = Net {
        graph: GraphBuilder::new("layers"),
        generator: Generator::new(4),
        elements: 0,
        outputs: 0,
    };
    for (index, shape) in IMAGES.iter().enumerate() {
        net.input(&format!("image{index}"), shape);
    }
    for (index, it) in CONVS.iter().enumerate() {
        net.conv(index, it);
    }
    for [inputs, outputs] in DENSE {
        let (name, weights) = (format!("row{inputs}"), format!("dense{inputs}"));
        net.input(&name, &[1, inputs]);
        net.constant(&weights, &[inputs, outputs]);
        net.add("MatMul", &[&name, &weights], &[1, outputs], &[]);
    }
    net.images();
    net.rows();
    (net.graph.encode(), net.elements)
}

struct Net {
    graph: GraphBuilder,
    generator: Generator,
    elements: usize,
    outputs: usize,
}

impl Net {
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
    fn images(&mut self) {
        self.graph.constant_f32("low", &[], &[-0.5]);
        self.graph.constant_f32("high", &[], &[0.5]);
        for (index, [_, c, h, w]) in IMAGES.into_iter().enumerate() {
            let image = format!("image{index}");
            let halved = [
                ("kernel_shape", vec![2, 2].into()),
                ("strides", vec![2, 2].into()),
            ];
            for op in ["MaxPool", "AveragePool"] {
                self.add(op, &[&image], &[1, c, h / 2, w / 2], &halved);
            }
            let dense = [("kernel_shape", vec![3, 3].into())];
            self.add("MaxPool", &[&image], &[1, c, h - 2, w - 2], &dense);
            self.add("GlobalAveragePool", &[&image], &[1, c, 1, 1], &[]);
            for op in FUNCTIONS {
                self.add(op, &[&image], &[1, c, h, w], &[]);
            }
            self.add("Clip", &[&image, "low", "high"], &[1, c, h, w], &[]);
            let turned = format!("turned{index}");
            self.graph.node("Tanh", &turned, &[&image], &[&turned]);
            for op in ["Add", "Mul", "Sub"] {
                self.add(op, &[&image, &turned], &[1, c, h, w], &[]);
            }
            let axis = [("axis", 1.into())];
            self.add("Concat", &[&image, &turned], &[1, 2 * c, h, w], &axis);
            let along = [("axes", vec![3].into()), ("keepdims", 0.into())];
            self.add("ReduceMean", &[&image], &[1, c, h], &along);
        }
    }

    /// Softmax and products of rows.
    fn rows(&mut self) {
        for [inputs, _] in DENSE {
            let row = format!("row{inputs}");
            self.add("Softmax", &[&row], &[1, inputs], &[]);
            let column = format!("column{inputs}");
            self.graph
                .node("Transpose", &column, &[&row], &[&column])
                .attribute("perm", vec![1, 0]);
            self.add("MatMul", &[&row, &column], &[1, 1], &[]);
        }
    }
}
