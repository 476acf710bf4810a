//! Steps whose operands lie in ONNX's order.

use cadet_format::{self as format, DType, DftDirection, NO_TENSOR, Numerics, Opcode};

use super::emitter::{Emitter, Kernel, block};
use crate::ir::{Node, Recurrent, TensorId};

/// Rows of operands with their ONNX shapes.
pub(super) fn rows(emitter: &mut Emitter<'_>, ids: &[TensorId]) -> Vec<u16> {
    let row = |&id: &TensorId| {
        let dims = emitter.shape(id);
        emitter.operand(id, dims)
    };
    ids.iter().map(row).collect()
}

/// Rows of a node's inputs, of which only some of ONNX's are given.
pub(super) fn given(emitter: &mut Emitter<'_>, node: &Node, given: &[bool]) -> Vec<u16> {
    let mut rows = rows(emitter, &node.inputs).into_iter();
    let places = given.iter();
    places
        .map(|&given| given.then(|| rows.next()).flatten().unwrap_or(NO_TENSOR))
        .collect()
}

/// `LSTM`, `GRU`, `RNN` as the kernels of the same names.
pub(super) fn recurrent(emitter: &mut Emitter<'_>, node: &Node, recurrent: &Recurrent) {
    let params = format::Recurrent {
        reverse: u32::from(recurrent.reverse),
        batch_first: u32::from(recurrent.batch_first),
        variant: u32::from(recurrent.variant),
        clip: recurrent.clip,
        activations: recurrent.activations,
    };
    let inputs = given(emitter, node, &recurrent.given);
    let graph = emitter.graph();
    let weights = [1, 2].map(|index| graph.tensor(node.inputs[index]).len());
    let input = graph.tensor(node.inputs[0]);
    let vectors = input.len() / input.shape.last().copied().unwrap_or(1).max(1);
    let macs = vectors * weights.iter().sum::<usize>();
    step(
        emitter,
        node,
        recurrent.kind.opcode(),
        block(params),
        macs,
        &inputs,
    );
}

/// `LinearAttention` as `linear_attention`.
pub(super) fn linear_attention(
    emitter: &mut Emitter<'_>,
    node: &Node,
    query_heads: usize,
    scale: f32,
    optional: [bool; 3],
) {
    let params = format::LinearAttention {
        query_heads: query_heads as u32,
        scale,
    };
    let inputs = given(emitter, node, &[&[true; 3], &optional[..]].concat());
    step(
        emitter,
        node,
        Opcode::LinearAttention,
        block(params),
        0,
        &inputs,
    );
}

/// The run-time scalar that says how many tokens came before.
const POSITION: u32 = 0;

/// `Attention` over a past as `cached_attention`.
pub(super) fn cached_attention(
    emitter: &mut Emitter<'_>,
    node: &Node,
    query_heads: usize,
    scale: f32,
) {
    let params = format::CachedAttention {
        query_heads: query_heads as u32,
        scale,
        position: POSITION,
    };
    let inputs = rows(emitter, &node.inputs);
    let opcode = Opcode::CachedAttention;
    step(emitter, node, opcode, block(params), 0, &inputs);
}

/// `RotaryEmbedding` at the run's position as `rotary`.
pub(super) fn rotary(emitter: &mut Emitter<'_>, node: &Node, heads: usize, is_interleaved: bool) {
    let params = format::Rotary {
        heads: heads as u32,
        interleaved: u32::from(is_interleaved),
        position: POSITION,
    };
    let inputs = rows(emitter, &node.inputs);
    step(emitter, node, Opcode::Rotary, block(params), 0, &inputs);
}

/// `Det` as `determinant`.
pub(super) fn determinant(emitter: &mut Emitter<'_>, node: &Node) {
    let inputs = rows(emitter, &node.inputs);
    step(emitter, node, Opcode::Determinant, Vec::new(), 0, &inputs);
}

/// `DFT`, `STFT` as `dft` with a table of one turn.
pub(super) fn dft(
    emitter: &mut Emitter<'_>,
    node: &Node,
    axis: usize,
    direction: DftDirection,
    length: usize,
    hop: usize,
) {
    let angle = |j: usize| std::f64::consts::TAU * j as f64 / length as f64;
    let twiddles = (0..length).flat_map(|j| [angle(j).cos() as f32, angle(j).sin() as f32]);
    let twiddles: Vec<f32> = twiddles.collect();
    let name = format!("{} twiddles", node.name);
    let twiddles = emitter.constant(&name, DType::F32, &[length, 2], &twiddles, 4);
    let mut inputs = rows(emitter, &node.inputs);
    inputs.insert(1, twiddles);
    let params = format::Dft {
        axis: axis as u32,
        direction: direction as u32,
        hop: hop as u32,
    };
    step(emitter, node, Opcode::Dft, block(params), 0, &inputs);
}

/// A float step; `macs` are its multiplications with weights.
fn step(
    emitter: &mut Emitter<'_>,
    node: &Node,
    opcode: Opcode,
    params: Vec<u8>,
    macs: usize,
    inputs: &[u16],
) {
    let kernel = Kernel {
        opcode,
        dtype: DType::F32,
        numerics: Numerics::None,
        params,
        macs,
    };
    let outputs = rows(emitter, &node.outputs);
    emitter.step(node, &kernel, inputs, &outputs);
}
