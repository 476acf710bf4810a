//! Nodes as f32 steps.

use cadet_format::{
    AddF32, AveragePool2dF32, ClampF32, Conv2dF32, DType, DepthwiseConv2dF32, FullyConnectedF32,
    MaxPool2d, NO_TENSOR, Numerics, Opcode, Transpose, UnaryF32, UnaryFunction,
};

use super::emitter::{Emitter, Kernel};
use super::shape::{nhwc, params, period, to_hwo, to_ohwi};
use crate::ir::{Bounds, Node, Op, Unary, Window};

const NUMERICS: Numerics = Numerics::None;

pub(super) fn node(emitter: &mut Emitter<'_>, node: &Node) {
    match &node.op {
        Op::Conv {
            window,
            group,
            bounds,
        } => conv(emitter, node, window, *group, *bounds),
        Op::FullyConnected { bounds } => fully_connected(emitter, node, *bounds),
        Op::MaxPool(window) => {
            let window = params(window);
            planar(emitter, node, Opcode::MaxPool2d, MaxPool2d { window });
        }
        Op::AveragePool {
            window,
            count_padding,
        } => {
            let params = AveragePool2dF32 {
                window: params(window),
                count_padding: u32::from(*count_padding),
            };
            planar(emitter, node, Opcode::AveragePool2d, params);
        }
        Op::Add { bounds } => match emitter.graph().constant_f32(node.inputs[1]) {
            Some(addend) => add_constant(emitter, node, addend, *bounds),
            None => add(emitter, node, *bounds),
        },
        Op::Unary(function) => {
            let params = unary(*function);
            flat(emitter, node, Opcode::Unary, params);
        }
        Op::Softmax { .. } => flat(emitter, node, Opcode::Softmax, [0_u32; 0]),
        Op::Relayout => relayout(emitter, node),
        Op::BatchNormalization { .. } | Op::Reshape | Op::Transpose { .. } => {
            unreachable!("legalised, or without a step")
        }
    }
}

fn conv(emitter: &mut Emitter<'_>, node: &Node, window: &Window, group: usize, bounds: Bounds) {
    let graph = emitter.graph();
    let (input, output) = (
        nhwc(emitter.shape(node.inputs[0])),
        nhwc(emitter.shape(node.output)),
    );
    let values = graph.constant_f32(node.inputs[1]).unwrap_or(&[]);
    let name = &graph.tensor(node.inputs[1]).name;
    let taps = window.kernel[0] * window.kernel[1];
    let [_, _, _, outputs] = output;
    let inputs = input[3] / group;
    let x = emitter.activation(node.inputs[0], &input);
    let macs = output.iter().product::<usize>() * taps * inputs;
    let clamp = clamp(bounds);
    let [kh, kw] = window.kernel;
    if group > 1 && group == input[3] {
        let weights = emitter.matrix(name, DType::F32, &[kh, kw, outputs], &to_hwo(values, taps));
        let bias = bias(emitter, node);
        let y = emitter.activation(node.output, &output);
        let params = DepthwiseConv2dF32 {
            window: params(window),
            clamp,
        };
        let opcode = Opcode::DepthwiseConv2d;
        let kernel = Kernel {
            opcode,
            numerics: NUMERICS,
            params,
            macs,
        };
        emitter.step(node, &kernel, &[x, weights, bias], y);
    } else {
        let ordered = to_ohwi(values, inputs, taps);
        let weights = emitter.matrix(name, DType::F32, &[outputs, kh, kw, inputs], &ordered);
        let bias = bias(emitter, node);
        let y = emitter.activation(node.output, &output);
        let groups = group as u32;
        let params = Conv2dF32 {
            window: params(window),
            groups,
            clamp,
        };
        let kernel = Kernel {
            opcode: Opcode::Conv2d,
            numerics: NUMERICS,
            params,
            macs,
        };
        emitter.step(node, &kernel, &[x, weights, bias], y);
    }
}

fn fully_connected(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    let graph = emitter.graph();
    let weights = graph.tensor(node.inputs[1]);
    let values = graph.constant_f32(node.inputs[1]).unwrap_or(&[]);
    let (outputs, inputs) = (weights.shape[0], weights.shape[1]);
    let rows = graph.tensor(node.inputs[0]).len() / inputs;
    let x = emitter.activation(node.inputs[0], &[rows, inputs]);
    let w = emitter.matrix(&weights.name, DType::F32, &[outputs, inputs], values);
    let bias = bias(emitter, node);
    let y = emitter.activation(node.output, &[rows, outputs]);
    let kernel = Kernel {
        opcode: Opcode::FullyConnected,
        numerics: NUMERICS,
        params: FullyConnectedF32 {
            clamp: clamp(bounds),
        },
        macs: rows * inputs * outputs,
    };
    emitter.step(node, &kernel, &[x, w, bias], y);
}

fn add(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let a = emitter.activation(node.inputs[0], &dims);
    let b = emitter.activation(node.inputs[1], &dims);
    let y = emitter.activation(node.output, &dims);
    let params = AddF32 {
        clamp: clamp(bounds),
    };
    let kernel = Kernel {
        opcode: Opcode::Add,
        numerics: NUMERICS,
        params,
        macs: 0,
    };
    emitter.step(node, &kernel, &[a, b], y);
}

/// The addition of a constant, as a depthwise 1x1 convolution by one with the constant as bias.
fn add_constant(emitter: &mut Emitter<'_>, node: &Node, addend: &[f32], bounds: Bounds) {
    let extents = emitter.memory_extents(node.inputs[0]);
    let channels = period(addend, &extents);
    let dims = [1, 1, addend.len() / channels, channels];
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output, &dims);
    let name = format!("{} ones", node.name);
    let ones = emitter.matrix(
        &name,
        DType::F32,
        &[1, 1, channels],
        &vec![1.0_f32; channels],
    );
    let name = &emitter.graph().tensor(node.inputs[1]).name;
    let bias = emitter.vector(name, DType::F32, &addend[..channels]);
    let kernel = Kernel {
        opcode: Opcode::DepthwiseConv2d,
        numerics: NUMERICS,
        params: DepthwiseConv2dF32 {
            window: params(&Window::POINT),
            clamp: clamp(bounds),
        },
        macs: 0,
    };
    emitter.step(node, &kernel, &[x, ones, bias], y);
}

fn bias(emitter: &mut Emitter<'_>, node: &Node) -> u16 {
    let graph = emitter.graph();
    let Some(&id) = node.inputs.get(2) else {
        return NO_TENSOR;
    };
    let values = graph.constant_f32(id).unwrap_or(&[]);
    emitter.vector(&graph.tensor(id).name, DType::F32, values)
}

/// A step over images.
fn planar<P: bytemuck::Pod>(emitter: &mut Emitter<'_>, node: &Node, opcode: Opcode, params: P) {
    let input = nhwc(emitter.shape(node.inputs[0]));
    let output = nhwc(emitter.shape(node.output));
    let x = emitter.activation(node.inputs[0], &input);
    let y = emitter.activation(node.output, &output);
    emitter.step(
        node,
        &Kernel {
            opcode,
            numerics: NUMERICS,
            params,
            macs: 0,
        },
        &[x],
        y,
    );
}

/// A step over elements, or over rows of the innermost extent.
fn flat<P: bytemuck::Pod>(emitter: &mut Emitter<'_>, node: &Node, opcode: Opcode, params: P) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let y = emitter.activation(node.output, &dims);
    emitter.step(
        node,
        &Kernel {
            opcode,
            numerics: NUMERICS,
            params,
            macs: 0,
        },
        &[x],
        y,
    );
}

/// A transpose of memory, of any element type.
pub(super) fn relayout(emitter: &mut Emitter<'_>, node: &Node) {
    let (input, output) = (node.inputs[0], node.output);
    let dims = emitter.memory_extents(input);
    let perm = emitter.permutation(input, output).unwrap_or_default();
    let moved: Vec<usize> = perm.iter().map(|&axis| dims[axis]).collect();
    let mut permutation = [0; 8];
    for (to, &from) in permutation.iter_mut().zip(&perm) {
        *to = from as u32;
    }
    let x = emitter.activation(input, &dims);
    let y = emitter.activation(output, &moved);
    let params = Transpose { permutation };
    let kernel = Kernel {
        opcode: Opcode::Transpose,
        numerics: NUMERICS,
        params,
        macs: 0,
    };
    emitter.step(node, &kernel, &[x], y);
}

fn clamp(bounds: Bounds) -> ClampF32 {
    ClampF32 {
        min: bounds.min,
        max: bounds.max,
    }
}

fn unary(function: Unary) -> UnaryF32 {
    let (function, alpha, beta) = match function {
        Unary::Clip(bounds) => (UnaryFunction::Clamp, bounds.min, bounds.max),
        Unary::LeakyRelu(slope) => (UnaryFunction::LeakyRelu, slope, 0.0),
        Unary::Sigmoid => (UnaryFunction::Sigmoid, 0.0, 0.0),
        Unary::Tanh => (UnaryFunction::Tanh, 0.0, 0.0),
    };
    UnaryF32 {
        function: function as u32,
        alpha,
        beta,
    }
}
