//! Nodes as int8 steps.

use bytemuck::Pod;
use cadet_format::{
    AddI8, AveragePool2dI8, Conv2dI8, DType, DepthwiseConv2dI8, FullyConnectedI8, MaxPool2d,
    Multiplier, Numerics, Opcode, QuantI8, SoftmaxI8,
};
use cadet_kernels::unary::Function;

use super::emitter::{Emitter, Kernel};
use super::float::relayout;
use super::shape::{nhwc, params, period, to_hwo, to_ohwi};
use crate::ir::{Bounds, Node, Op, Unary, Window};
use crate::quantise::{
    Affine, IntegerWeights, Quantisation, integer_weights, onnx_multiplier, q31_multiplier,
};

/// Left shift that TensorFlow Lite gives both sides of an addition.
const ADD_LEFT_SHIFT: u32 = 20;
/// Integer bits of TensorFlow Lite's scaled softmax differences.
const SOFTMAX_INTEGER_BITS: i32 = 5;

pub(super) fn node(emitter: &mut Emitter<'_>, node: &Node, quantisation: &Quantisation) {
    let input = quantisation.affine(node.inputs[0]);
    let output = quantisation.affine(node.output);
    let numerics = quantisation.numerics;
    let quant = |bounds| quant(input, output, bounds);
    match &node.op {
        Op::Conv {
            window,
            group,
            bounds,
        } => {
            let quant = quant(*bounds);
            let layer = layer(emitter, node, input);
            conv(
                emitter,
                node,
                window,
                *group,
                &layer,
                &Scales {
                    input,
                    output,
                    quant,
                    numerics,
                },
            );
        }
        Op::FullyConnected { bounds } => {
            let quant = quant(*bounds);
            let layer = layer(emitter, node, input);
            let scales = Scales {
                input,
                output,
                quant,
                numerics,
            };
            fully_connected(emitter, node, &layer, &scales);
        }
        Op::MaxPool(window) => {
            let kernel = Kernel {
                opcode: Opcode::MaxPool2d,
                numerics: Numerics::None,
                params: MaxPool2d {
                    window: params(window),
                },
                macs: 0,
            };
            planar(emitter, node, &kernel);
        }
        Op::AveragePool {
            window,
            count_padding,
        } => {
            let params = AveragePool2dI8 {
                window: params(window),
                count_padding: u32::from(*count_padding),
                quant: quant(Bounds::NONE),
                multiplier: ratio(input.scale / output.scale),
            };
            let kernel = Kernel {
                opcode: Opcode::AveragePool2d,
                numerics,
                params,
                macs: 0,
            };
            planar(emitter, node, &kernel);
        }
        Op::Add { bounds } => {
            let quant = quant(*bounds);
            match emitter.graph().constant_f32(node.inputs[1]) {
                Some(addend) => {
                    let scales = Scales {
                        input,
                        output,
                        quant,
                        numerics,
                    };
                    add_constant(emitter, node, addend, &scales);
                }
                None => {
                    let right = quantisation.affine(node.inputs[1]);
                    add(
                        emitter,
                        node,
                        &Scales {
                            input,
                            output,
                            quant,
                            numerics,
                        },
                        right,
                    );
                }
            }
        }
        Op::Unary(function) => table(emitter, node, *function, input, output),
        Op::Softmax { .. } => {
            let dims = emitter.memory_extents(node.inputs[0]);
            let x = emitter.activation(node.inputs[0], &dims);
            let y = emitter.activation(node.output, &dims);
            let params = softmax(input.scale, numerics);
            let kernel = Kernel {
                opcode: Opcode::Softmax,
                numerics,
                params,
                macs: 0,
            };
            emitter.step(node, &kernel, &[x], y);
        }
        Op::Relayout => relayout(emitter, node),
        Op::BatchNormalization { .. } | Op::Reshape | Op::Transpose { .. } => {
            unreachable!("legalised, or without a step")
        }
    }
}

/// Quantisation around a step with weights.
struct Scales {
    input: Affine,
    output: Affine,
    quant: QuantI8,
    numerics: Numerics,
}

fn layer(emitter: &Emitter<'_>, node: &Node, input: Affine) -> IntegerWeights {
    let graph = emitter.graph();
    let values = graph.constant_f32(node.inputs[1]).unwrap_or(&[]);
    let zeros = vec![0.0; graph.shape(node.inputs[1])[0]];
    let bias = node.inputs.get(2).and_then(|&id| graph.constant_f32(id));
    integer_weights(values, bias.unwrap_or(&zeros), input.scale)
}

fn conv(
    emitter: &mut Emitter<'_>,
    node: &Node,
    window: &Window,
    group: usize,
    layer: &IntegerWeights,
    scales: &Scales,
) {
    let (input, output) = (
        nhwc(emitter.shape(node.inputs[0])),
        nhwc(emitter.shape(node.output)),
    );
    let name = &emitter.graph().tensor(node.inputs[1]).name;
    let [kh, kw] = window.kernel;
    let (outputs, inputs, taps) = (output[3], input[3] / group, kh * kw);
    let macs = output.iter().product::<usize>() * taps * inputs;
    let (quant, numerics, window) = (scales.quant, scales.numerics, params(window));
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output, &output);
    if group > 1 && group == input[3] {
        let ordered = to_hwo(&layer.weights, taps);
        let w = emitter.matrix(name, DType::I8, &[kh, kw, outputs], &ordered);
        let [bias, multipliers] = channels(emitter, node, layer, scales);
        let params = DepthwiseConv2dI8 { window, quant };
        let kernel = Kernel {
            opcode: Opcode::DepthwiseConv2d,
            numerics,
            params,
            macs,
        };
        emitter.step(node, &kernel, &[x, w, bias, multipliers, NO_ZERO_POINTS], y);
    } else {
        let ordered = to_ohwi(&layer.weights, inputs, taps);
        let w = emitter.matrix(name, DType::I8, &[outputs, kh, kw, inputs], &ordered);
        let [bias, multipliers] = channels(emitter, node, layer, scales);
        let params = Conv2dI8 {
            window,
            groups: group as u32,
            quant,
        };
        let kernel = Kernel {
            opcode: Opcode::Conv2d,
            numerics,
            params,
            macs,
        };
        emitter.step(node, &kernel, &[x, w, bias, multipliers, NO_ZERO_POINTS], y);
    }
}

/// Weights are symmetric, so their zero points are left out.
const NO_ZERO_POINTS: u16 = cadet_format::NO_TENSOR;

fn fully_connected(
    emitter: &mut Emitter<'_>,
    node: &Node,
    layer: &IntegerWeights,
    scales: &Scales,
) {
    let graph = emitter.graph();
    let weights = graph.tensor(node.inputs[1]);
    let (outputs, inputs) = (weights.shape[0], weights.shape[1]);
    let rows = graph.tensor(node.inputs[0]).len() / inputs;
    let x = emitter.activation(node.inputs[0], &[rows, inputs]);
    let y = emitter.activation(node.output, &[rows, outputs]);
    let w = emitter.matrix(&weights.name, DType::I8, &[outputs, inputs], &layer.weights);
    let [bias, multipliers] = channels(emitter, node, layer, scales);
    let kernel = Kernel {
        opcode: Opcode::FullyConnected,
        numerics: scales.numerics,
        params: FullyConnectedI8 {
            quant: scales.quant,
        },
        macs: rows * inputs * outputs,
    };
    emitter.step(node, &kernel, &[x, w, bias, multipliers, NO_ZERO_POINTS], y);
}

/// Rows of bias and multipliers.
fn channels(
    emitter: &mut Emitter<'_>,
    node: &Node,
    layer: &IntegerWeights,
    scales: &Scales,
) -> [u16; 2] {
    let bias = emitter.vector(&format!("{} bias", node.name), DType::I32, &layer.bias);
    let name = format!("{} multipliers", node.name);
    let multipliers = match scales.numerics {
        Numerics::Tflite => {
            let q31 = |&weights: &f32| {
                let product = f64::from(scales.input.scale) * f64::from(weights);
                q31_multiplier(product / f64::from(scales.output.scale))
            };
            let values: Vec<[i32; 2]> = layer.scales.iter().map(q31).collect();
            emitter.constant(&name, DType::I32, &[values.len(), 2], &values, 4)
        }
        _ => {
            let real = |&weights| onnx_multiplier(scales.input.scale, weights, scales.output.scale);
            let values: Vec<f32> = layer.scales.iter().map(real).collect();
            emitter.vector(&name, DType::F32, &values)
        }
    };
    [bias, multipliers]
}

/// The addition of a constant, as a depthwise 1x1 convolution by one with the constant as bias.
fn add_constant(emitter: &mut Emitter<'_>, node: &Node, addend: &[f32], scales: &Scales) {
    let extents = emitter.memory_extents(node.inputs[0]);
    let channels_len = period(addend, &extents);
    let dims = [1, 1, addend.len() / channels_len, channels_len];
    let addend = &addend[..channels_len];
    let layer = integer_weights(&vec![1.0; channels_len], addend, scales.input.scale);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output, &dims);
    let name = format!("{} ones", node.name);
    let w = emitter.matrix(&name, DType::I8, &[1, 1, channels_len], &layer.weights);
    let [bias, multipliers] = channels(emitter, node, &layer, scales);
    let kernel = Kernel {
        opcode: Opcode::DepthwiseConv2d,
        numerics: scales.numerics,
        params: DepthwiseConv2dI8 {
            window: params(&Window::POINT),
            quant: scales.quant,
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[x, w, bias, multipliers, NO_ZERO_POINTS], y);
}

fn add(emitter: &mut Emitter<'_>, node: &Node, scales: &Scales, right: Affine) {
    let (left, output) = (scales.input, scales.output);
    let dims = emitter.memory_extents(node.inputs[0]);
    let a = emitter.activation(node.inputs[0], &dims);
    let b = emitter.activation(node.inputs[1], &dims);
    let y = emitter.activation(node.output, &dims);
    let none = Multiplier { bits: 0, shift: 0 };
    let params = match scales.numerics {
        Numerics::Tflite => {
            let twice_larger = 2.0 * f64::from(left.scale).max(f64::from(right.scale));
            let sum = f64::from(1 << ADD_LEFT_SHIFT) * f64::from(output.scale);
            AddI8 {
                quant: scales.quant,
                b_zero_point: right.zero_point,
                a: q31(f64::from(left.scale) / twice_larger),
                b: q31(f64::from(right.scale) / twice_larger),
                y: q31(twice_larger / sum),
                left_shift: ADD_LEFT_SHIFT,
            }
        }
        _ => AddI8 {
            quant: scales.quant,
            b_zero_point: right.zero_point,
            a: ratio(left.scale / output.scale),
            b: ratio(right.scale / output.scale),
            y: none,
            left_shift: 0,
        },
    };
    let kernel = Kernel {
        opcode: Opcode::Add,
        numerics: scales.numerics,
        params,
        macs: 0,
    };
    emitter.step(node, &kernel, &[a, b], y);
}

fn table(emitter: &mut Emitter<'_>, node: &Node, function: Unary, input: Affine, output: Affine) {
    let function = match function {
        Unary::Clip(bounds) => Function::Clamp(bounds.min, bounds.max),
        Unary::LeakyRelu(slope) => Function::LeakyRelu(slope),
        Unary::Sigmoid => Function::Sigmoid,
        Unary::Tanh => Function::Tanh,
    };
    let entry = |value: i8| output.quantise(function.apply(input.dequantise(value)));
    let entries: Vec<i8> = (i8::MIN..=i8::MAX).map(entry).collect();
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output, &dims);
    let table = emitter.vector(&format!("{} table", node.name), DType::I8, &entries);
    let kernel = Kernel {
        opcode: Opcode::Table,
        numerics: Numerics::None,
        params: [0_u32; 0],
        macs: 0,
    };
    emitter.step(node, &kernel, &[x, table], y);
}

fn planar<P: Pod>(emitter: &mut Emitter<'_>, node: &Node, kernel: &Kernel<P>) {
    let input = nhwc(emitter.shape(node.inputs[0]));
    let output = nhwc(emitter.shape(node.output));
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output, &output);
    emitter.step(node, kernel, &[x], y);
}

fn quant(input: Affine, output: Affine, bounds: Bounds) -> QuantI8 {
    QuantI8 {
        input_zero_point: input.zero_point,
        output_zero_point: output.zero_point,
        min: i32::from(output.quantise(bounds.min)),
        max: i32::from(output.quantise(bounds.max)),
    }
}

fn softmax(input_scale: f32, numerics: Numerics) -> SoftmaxI8 {
    if numerics != Numerics::Tflite {
        return SoftmaxI8 {
            input: ratio(input_scale),
            diff_min: 0,
        };
    }
    let unit = 31 - SOFTMAX_INTEGER_BITS;
    let input = q31(f64::from(input_scale) * f64::from(1 << unit));
    let largest = f64::from(((1 << SOFTMAX_INTEGER_BITS) - 1) * (1_i32 << unit));
    let radius = (largest / f64::from(input.shift).exp2()).floor();
    SoftmaxI8 {
        input,
        diff_min: -(radius as i32),
    }
}

fn ratio(value: f32) -> Multiplier {
    Multiplier {
        bits: value.to_bits() as i32,
        shift: 0,
    }
}

fn q31(real: f64) -> Multiplier {
    let [bits, shift] = q31_multiplier(real);
    Multiplier { bits, shift }
}
