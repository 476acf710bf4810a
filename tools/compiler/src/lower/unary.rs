use cadet_format::{BinaryF32, ClampF32, DType, Numerics, Opcode, UnaryF32};
use cadet_kernels::unary::Function;

use super::emitter::{Emitter, Kernel, block};
use crate::ir::elementwise::{pair, plain, wide};
use crate::ir::{Node, Unary};

/// An elementwise function: its kernel in f32, a table of 256 entries in int8.
pub(super) fn unary(emitter: &mut Emitter<'_>, node: &Node, function: Unary) {
    if emitter.affines(node).is_some() {
        return table(emitter, node, |x| function.apply(x));
    }
    let [x, y] = operands(emitter, node);
    let mut scalar = |value: f32| emitter.constant(&node.name, DType::F32, &[], &[value], 4);
    let (opcode, params, inputs) = match function {
        Unary::Clip(bounds) => {
            let clamp = Function::Clamp(bounds.min, bounds.max);
            (Opcode::Unary, plain_params(clamp), vec![x])
        }
        Unary::Plain(function) => (Opcode::Unary, plain_params(function), vec![x]),
        Unary::Wide(function) => {
            let (_, code, parameters) = wide(function);
            let params = params(code as u32, parameters);
            (Opcode::Transcendental, params, vec![x])
        }
        Unary::Scalar {
            function,
            constant,
            is_first,
            bounds,
        } => {
            let params = block(BinaryF32 {
                function: pair(function).1 as u32,
                clamp: ClampF32 {
                    min: bounds.min,
                    max: bounds.max,
                },
            });
            let constant = scalar(constant);
            let inputs = if is_first {
                [constant, x]
            } else {
                [x, constant]
            };
            (Opcode::Binary, params, inputs.to_vec())
        }
        Unary::Power(exponent) => (Opcode::Pow, Vec::new(), vec![x, scalar(exponent)]),
    };
    let kernel = Kernel {
        opcode,
        dtype: DType::F32,
        numerics: Numerics::None,
        params,
        macs: 0,
    };
    emitter.step(node, &kernel, &inputs, &[y]);
}

fn operands(emitter: &mut Emitter<'_>, node: &Node) -> [u16; 2] {
    let dims = emitter.memory_extents(node.inputs[0]);
    [node.inputs[0], node.output()].map(|id| emitter.activation(id, &dims))
}

fn plain_params(function: Function) -> Vec<u8> {
    let (_, code, parameters) = plain(function);
    params(code as u32, parameters)
}

fn params(function: u32, [alpha, beta]: [f32; 2]) -> Vec<u8> {
    block(UnaryF32 {
        function,
        alpha,
        beta,
    })
}

/// A function of an int8 tensor as a table of 256 entries.
pub(super) fn table(emitter: &mut Emitter<'_>, node: &Node, function: impl Fn(&[f32]) -> Vec<f32>) {
    let Some((input, output)) = emitter.affines(node) else {
        unreachable!("tables are of int8 tensors");
    };
    let [x, y] = operands(emitter, node);
    let reals: Vec<f32> = (i8::MIN..=i8::MAX)
        .map(|value| input.dequantise(value))
        .collect();
    let results = function(&reals);
    let entries: Vec<i8> = results.iter().map(|&y| output.quantise(y)).collect();
    let table = emitter.vector(&format!("{} table", node.name), DType::I8, &entries);
    let kernel = Kernel {
        opcode: Opcode::Table,
        dtype: DType::I8,
        numerics: Numerics::None,
        params: Vec::new(),
        macs: 0,
    };
    emitter.step(node, &kernel, &[x, table], &[y]);
}
