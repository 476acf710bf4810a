use cadet_format::{Numerics, Opcode, Transpose};

use super::emitter::{Emitter, Kernel, block};
use crate::ir::Node;

/// A copy into another memory order as `transpose`.
pub(super) fn relayout(emitter: &mut Emitter<'_>, node: &Node) {
    let (input, output) = (node.inputs[0], node.output());
    let dims = emitter.memory_extents(input);
    let perm = emitter.permutation(input, output);
    let moved: Vec<usize> = perm.iter().map(|&axis| dims[axis]).collect();
    let mut permutation = [0; 8];
    for (to, &from) in permutation.iter_mut().zip(&perm) {
        *to = from as u32;
    }
    let x = emitter.activation(input, &dims);
    let y = emitter.activation(output, &moved);
    let kernel = Kernel {
        opcode: Opcode::Transpose,
        dtype: emitter.dtype(input),
        numerics: Numerics::None,
        params: block(Transpose { permutation }),
        macs: 0,
    };
    emitter.step(node, &kernel, &[x], &[y]);
}
