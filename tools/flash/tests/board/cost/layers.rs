//! Layers of many shapes.

use super::Layers;
use super::shapes::{CONVS, Conv, DENSE, FUNCTIONS, IMAGES};
use crate::support::random;
use cadet_compiler::{Numerics, Options, Weights};
use cadet_format::Generator;
use cadet_onnx::{Attribute, ElementType, GraphBuilder};
use std::collections::BTreeSet;

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

/// Layers in a few models, each no larger than what a processor keeps near it, as those of one small model are. Each kind is
/// there in all arithmetic that it has kernels of its own for.
pub(super) fn apart() -> Vec<Layers> {
    let convs = CONVS.chunks(CONVS.len().div_ceil(2)).map(|convs| {
        let mut net = Net::new();
        net.convs(convs);
        (net, 5)
    });
    let (mut rows, mut images) = (Net::new(), Net::new());
    rows.rows();
    images.functions(7);
    let nets = convs.chain([(rows, 6), (images, 3)]);
    nets.flat_map(|(net, kinds)| net.in_all_arithmetic().into_iter().take(kinds))
        .collect()
}

/// Layers side by side in one model, where memory is all the same and each model takes long to start. A board has no room
/// for the functions of all images that there are [`apart`].
pub(super) fn together() -> Vec<Layers> {
    let mut net = Net::new();
    net.convs(&CONVS);
    net.rows();
    net.functions(6);
    net.in_all_arithmetic()
}

struct Net {
    graph: GraphBuilder,
    generator: Generator,
    inputs: BTreeSet<String>,
    elements: usize,
    outputs: usize,
}

impl Net {
    fn new() -> Net {
        Net {
            graph: GraphBuilder::new("layers"),
            generator: Generator::new(4),
            inputs: BTreeSet::new(),
            elements: 0,
            outputs: 0,
        }
    }

    /// What layers with weights have kernels of their own for stands last.
    fn in_all_arithmetic(&self) -> Vec<Layers> {
        let calibrated = Calibrated::new(self.elements);
        let compressed = |weights| Options {
            weights,
            ..Options::float()
        };
        let all = [
            Options::float(),
            calibrated.int8(Numerics::Onnx),
            calibrated.int8(Numerics::Tflite),
            compressed(Weights::F16),
            compressed(Weights::Int8),
            // Of fully connected layers only.
            calibrated.int8(Numerics::Tflm),
        ];
        let onnx = self.graph.encode();
        let all = all.into_iter().map(|options| Layers {
            onnx: onnx.clone(),
            options,
            kernels: &[],
        });
        all.collect()
    }

    /// An input of the model, once.
    fn input(&mut self, name: &str, shape: &[usize]) {
        if self.inputs.insert(name.into()) {
            self.graph
                .input(name, ElementType::F32, shape.iter().copied());
            self.elements += shape.iter().product::<usize>();
        }
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

    fn convs(&mut self, convs: &[Conv]) {
        for (index, conv) in convs.iter().enumerate() {
            self.conv(index, conv);
        }
    }

    fn conv(&mut self, index: usize, conv: &Conv) {
        let image = format!("image{}", conv.input);
        self.input(&image, &IMAGES[conv.input]);
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
        self.add("Conv", &[&image, &weights], &shape, &attributes);
    }

    /// Pools, sums and functions of the first images.
    fn functions(&mut self, images: usize) {
        self.graph.constant_f32("low", &[], &[-0.5]);
        self.graph.constant_f32("high", &[], &[0.5]);
        for (index, shape) in IMAGES.into_iter().enumerate().take(images) {
            let [_, c, h, w] = shape;
            let image = format!("image{index}");
            self.input(&image, &shape);
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

    /// Layers, Softmax and products of rows.
    fn rows(&mut self) {
        for [inputs, outputs] in DENSE {
            let (row, weights) = (format!("row{inputs}"), format!("dense{inputs}"));
            self.input(&row, &[1, inputs]);
            self.constant(&weights, &[inputs, outputs]);
            self.add("MatMul", &[&row, &weights], &[1, outputs], &[]);
            self.add("Softmax", &[&row], &[1, inputs], &[]);
            let column = format!("column{inputs}");
            self.graph
                .node("Transpose", &column, &[&row], &[&column])
                .attribute("perm", vec![1, 0]);
            self.add("MatMul", &[&row, &column], &[1, 1], &[]);
        }
    }
}
