use cadet_format::{AxisAffine, Numerics, Opcode};

use super::emitter::{Emitter, Kernel, block};
use crate::ir::Node;

/// `QuantizeAlong` as `quantize_linear`.
pub(super) fn quantize(emitter: &mut Emitter<'_>, node: &Node, axis: usize, block: usize) {
    along(
        emitter,
        node,
        Opcode::QuantizeLinear,
        Numerics::Onnx,
        [axis, block],
    );
}

/// `DequantizeAlong` as `dequantize_linear`.
pub(super) fn dequantize(emitter: &mut Emitter<'_>, node: &Node, axis: usize, block: usize) {
    along(
        emitter,
        node,
        Opcode::DequantizeLinear,
        Numerics::None,
        [axis, block],
    );
}

fn along(
    emitter: &mut Emitter<'_>,
    node: &Node,
    opcode: Opcode,
    numerics: Numerics,
    [axis, length]: [usize; 2],
) {
    let order = emitter.order(node.output());
    // Scales by axis or tensor have a rank of their own, and their one order.
    let dims = |shape: &[usize]| -> Vec<usize> {
        if shape.len() == order.len() {
            order.iter().map(|&axis| shape[axis]).collect()
        } else {
            shape.to_vec()
        }
    };
    let operands: Vec<u16> = node
        .inputs
        .iter()
        .map(|&id| emitter.operand(id, &dims(emitter.shape(id))))
        .collect();
    let output = dims(emitter.shape(node.output()));
    let y = emitter.activation(node.output(), &output);
    let axis = order.iter().position(|&other| other == axis).unwrap_or(0);
    let kernel = Kernel {
        opcode,
        dtype: emitter.dtype(node.inputs[0]),
        numerics,
        params: block(AxisAffine {
            axis: axis as u32,
            block: length as u32,
        }),
        macs: 0,
    };
    emitter.step(node, &kernel, &operands, &[y]);
}

/// `DynamicQuantize` as `dynamic_quantize_linear`.
pub(super) fn dynamic(emitter: &mut Emitter<'_>, node: &Node) {
    let dims = emitter.memory_extents(node.inputs[0]);
    let x = emitter.activation(node.inputs[0], &dims);
    let mut outputs = vec![emitter.activation(node.output(), &dims)];
    for &id in &node.outputs[1..] {
        outputs.push(emitter.activation(id, &[]));
    }
    let kernel = Kernel {
        opcode: Opcode::DynamicQuantizeLinear,
        dtype: emitter.dtype(node.inputs[0]),
        numerics: Numerics::Onnx,
        params: Vec::new(),
        macs: 0,
    };
    emitter.step(node, &kernel, &[x], &outputs);
}
