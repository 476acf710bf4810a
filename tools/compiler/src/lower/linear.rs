//! Layers and embeddings with weights in groups.

use cadet_format::{DType, Embedding, Linear, NO_TENSOR, Numerics, Opcode};
use cadet_kernels::f16;
use cadet_kernels::linear::{CHANNELS, pack_q4, pack_q8};

use super::emitter::{Emitter, Kernel, block};
use crate::ir::{Node, TensorId};
use crate::quantise::{GROUP, OUTER_BITS};

/// A fully connected layer as `linear`.
pub(super) fn linear(emitter: &mut Emitter<'_>, node: &Node, bits: u32) {
    let graph = emitter.graph();
    let (outputs, inputs) = (
        graph.shape(node.inputs[1])[0],
        graph.shape(node.inputs[1])[1],
    );
    let rows = graph.tensor(node.inputs[0]).len() / inputs;
    let bias = node.inputs.get(2).and_then(|&id| graph.constant_f32(id));
    let words = graph.tensor(node.outputs[1]).len();
    let x = emitter.activation(node.inputs[0], &[rows, inputs]);
    let y = emitter.activation(node.output(), &[rows, outputs]);
    let scratch = emitter.activation(node.outputs[1], &[words]);
    let [weights, scales] = weights(emitter, node.inputs[1], bits);
    let bias = bias.map(|bias| {
        let name = format!("{} bias", node.name);
        emitter.vector(&name, DType::F32, bias)
    });
    let params = Linear {
        group: GROUP as u32,
        adds: 0,
    };
    let kernel = Kernel {
        opcode: Opcode::Linear,
        dtype: DType::F32,
        numerics: Numerics::None,
        params: block(params),
        macs: rows * inputs * outputs,
    };
    let operands = [x, weights, scales, bias.unwrap_or(NO_TENSOR)];
    emitter.step(node, &kernel, &operands, &[y, scratch]);
}

/// Rows of a table as `embedding`.
pub(super) fn embedding(emitter: &mut Emitter<'_>, node: &Node) {
    let graph = emitter.graph();
    let (count, elements) = (
        graph.shape(node.inputs[1])[0],
        graph.shape(node.inputs[1])[1],
    );
    let tokens = graph.tensor(node.inputs[0]).len();
    let indices = emitter.activation(node.inputs[0], &[tokens]);
    let y = emitter.activation(node.output(), &[tokens, elements]);
    let [weights, scales] = weights(emitter, node.inputs[1], OUTER_BITS);
    let params = Embedding {
        group: GROUP as u32,
        count: count as u32,
    };
    let kernel = Kernel {
        opcode: Opcode::Embedding,
        dtype: DType::F32,
        numerics: Numerics::None,
        params: block(params),
        macs: 0,
    };
    emitter.step(node, &kernel, &[indices, weights, scales], &[y]);
}

/// Rows of the integers and scales of a matrix `[outputs, inputs]`.
fn weights(emitter: &mut Emitter<'_>, id: TensorId, bits: u32) -> [u16; 2] {
    let graph = emitter.graph();
    let tensor = graph.tensor(id);
    let (outputs, inputs) = (tensor.shape[0], tensor.shape[1]);
    let values = graph.constant_f32(id).unwrap_or(&[]);
    let (blocks, groups) = (outputs.div_ceil(CHANNELS), inputs.div_ceil(GROUP));
    let mut integers = vec![0_i8; values.len()];
    let mut scales = vec![f16::ZERO; blocks * groups * CHANNELS];
    for (output, row) in values.chunks(inputs).enumerate() {
        let lane = output / CHANNELS * groups * CHANNELS + output % CHANNELS;
        for (number, group) in row.chunks(GROUP).enumerate() {
            let scale = match bits {
                8 => scale_of_8(group),
                _ => scale_of_4(group),
            };
            scales[lane + number * CHANNELS] = scale;
            let first = output * inputs + number * GROUP;
            for (integer, value) in integers[first..].iter_mut().zip(group) {
                *integer = rounded(*value, scale, bits);
            }
        }
    }
    let dims = [
        blocks,
        groups,
        GROUP * CHANNELS / if bits == 8 { 1 } else { 2 },
    ];
    let bytes = dims.iter().product();
    let row = match bits {
        8 => {
            let mut packed = vec![0; bytes];
            pack_q8(&integers, inputs, GROUP, &mut packed).unwrap_or_else(|_| unreachable!());
            emitter.shared_matrix(&tensor.name, DType::I8, &dims, &packed)
        }
        _ => {
            let mut packed = vec![0; bytes];
            pack_q4(&integers, inputs, &mut packed).unwrap_or_else(|_| unreachable!());
            emitter.shared_matrix(&tensor.name, DType::U8, &dims, &packed)
        }
    };
    let name = format!("{} scales", tensor.name);
    let dims = [blocks, groups, CHANNELS];
    [
        row,
        emitter.shared_matrix(&name, DType::F16, &dims, &scales),
    ]
}

/// The integer nearest to a value, of those that so many bits have.
fn rounded(value: f32, scale: f16, bits: u32) -> i8 {
    let scale = scale.to_f32();
    let quotient = if scale == 0.0 { 0.0 } else { value / scale };
    let [least, most] = if bits == 8 {
        [-127.0, 127.0]
    } else {
        [-8.0, 7.0]
    };
    quotient.round_ties_even().clamp(least, most) as i8
}

fn greatest(group: &[f32]) -> f32 {
    group.iter().fold(0.0, |most, value| value.abs().max(most))
}

fn scale_of_8(group: &[f32]) -> f16 {
    f16::from_f32(greatest(group) / 127.0)
}

/// The scale with the least square error of those that leave some of the range unused or cut some values off, of either
/// sign: there is one negative integer more.
fn scale_of_4(group: &[f32]) -> f16 {
    let most = greatest(group);
    let candidates = (0..=20).flat_map(|step| {
        let scale = most / (6.0 + 0.15 * step as f32);
        [scale, -scale].map(f16::from_f32)
    });
    let error = |scale: f16| {
        let errors = group.iter().map(|value| {
            let error = value - f32::from(rounded(*value, scale, 4)) * scale.to_f32();
            f64::from(error * error)
        });
        errors.sum::<f64>()
    };
    let best = candidates.map(|scale| (error(scale), scale));
    let best = best.min_by(|a, b| a.0.total_cmp(&b.0));
    best.map_or(f16::ZERO, |(_, scale)| scale)
}
