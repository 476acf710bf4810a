use cadet_format::{FullyConnectedF32, FullyConnectedI8, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::Epilogue;
use super::weights::{Layer, Order, operands, stored};
use crate::ir::{Bounds, Node};
use crate::options::Weights;

/// `Gemm` and `MatMul` as `fully_connected`.
pub(super) fn fully_connected(emitter: &mut Emitter<'_>, node: &Node, bounds: Bounds) {
    let graph = emitter.graph();
    let weights = graph.tensor(node.inputs[1]);
    let (outputs, inputs) = (weights.shape[0], weights.shape[1]);
    let rows = graph.tensor(node.inputs[0]).len() / inputs;
    let layer = Layer {
        weights: node.inputs[1],
        bias: node.inputs.get(2).copied(),
        outputs,
        dims: vec![outputs, inputs],
        order: Order::AsGiven,
        stored: stored(emitter, node),
    };
    let x = emitter.activation(node.inputs[0], &[rows, inputs]);
    let y = emitter.activation(node.output(), &[rows, outputs]);
    let weights = operands(emitter, node, &layer);
    let kernel = Kernel {
        opcode: if layer.stored != Weights::F32 {
            Opcode::FullyConnectedCompressed
        } else {
            Opcode::FullyConnected
        },
        dtype: emitter.dtype(node.output()),
        numerics: emitter.numerics(node),
        params: match emitter.epilogue(node, bounds) {
            Epilogue::F32(clamp) => block(FullyConnectedF32 { clamp }),
            Epilogue::I8(quant) => block(FullyConnectedI8 { quant }),
        },
        macs: rows * inputs * outputs,
    };
    emitter.step(node, &kernel, &[&[x], &weights[..]].concat(), &[y]);
}
