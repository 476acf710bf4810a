use cadet_format::{self as format, NormalizeKind, Numerics, Opcode};

use super::emitter::{Emitter, Kernel, block};
use super::reduce::mask;
use crate::ir::{Node, Op};

/// `LayerNormalization` and its relatives as `normalize`.
pub(super) fn normalize(
    emitter: &mut Emitter<'_>,
    node: &Node,
    kind: NormalizeKind,
    axes: &[usize],
    epsilon: f32,
) {
    let order = emitter.order(node.output());
    let params = format::Normalize {
        axes: mask(order, axes),
        kind: kind as u32,
        epsilon,
    };
    step(emitter, node, Opcode::Normalize, block(params));
}

/// `LRN` as `local_response_norm` along the channels.
pub(super) fn local_response(emitter: &mut Emitter<'_>, node: &Node) {
    let Op::LocalResponseNorm {
        size,
        alpha,
        beta,
        bias,
    } = node.op
    else {
        unreachable!("the caller has seen the operator");
    };
    let order = emitter.order(node.output());
    let axis = order.iter().position(|&axis| axis == 1).unwrap_or(0);
    let params = format::LocalResponseNorm {
        axis: axis as u32,
        size: size as u32,
        alpha,
        beta,
        bias,
    };
    step(emitter, node, Opcode::LocalResponseNorm, block(params));
}

/// A step whose operands all have the dimensions of the first, in its memory order.
fn step(emitter: &mut Emitter<'_>, node: &Node, opcode: Opcode, params: Vec<u8>) {
    let order = emitter.order(node.output());
    let mut rows = |ids: &[_]| -> Vec<u16> {
        let rows = ids.iter().map(|&id| {
            let dims = emitter.extents_in(order, id);
            emitter.operand(id, &dims)
        });
        rows.collect()
    };
    let (inputs, outputs) = (rows(&node.inputs), rows(&node.outputs));
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(node.output()),
        numerics: Numerics::None,
        params,
        macs: 0,
    };
    emitter.step(node, &kernel, &inputs, &outputs);
}
