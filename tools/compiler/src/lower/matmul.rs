use cadet_format::{DType, MatMul, MatMulI8, Numerics, Opcode, QuantI8};

use super::emitter::{Emitter, Kernel, block};
use super::plain::{given, rows};
use crate::ir::{Affine, Node};
use crate::quantise::q31_multiplier;

/// `MatMul` of activations as `matmul`.
pub(super) fn mat_mul(emitter: &mut Emitter<'_>, node: &Node, transposed: [bool; 2]) {
    let params = MatMul {
        transpose_a: u32::from(transposed[0]),
        transpose_b: u32::from(transposed[1]),
    };
    let affines = emitter
        .affines(node)
        .zip(emitter.graph().affine(node.inputs[1]));
    let Some(((a, output), b)) = affines else {
        let inputs = rows(emitter, &node.inputs);
        let numerics = Numerics::None;
        return step(
            emitter,
            node,
            block(params),
            numerics,
            transposed[0],
            &inputs,
        );
    };
    let mut inputs = rows(emitter, &node.inputs);
    for (affine, side) in [(a, "left"), (b, "right")] {
        let name = format!("{} {side} zero point", node.name);
        inputs.push(emitter.vector(&name, DType::I8, &[affine.zero_point as i8]));
    }
    inputs.push(multiplier(emitter, node, a, b, output));
    let params = MatMulI8 {
        matmul: params,
        quant: QuantI8 {
            input_zero_point: 0,
            output_zero_point: output.zero_point,
            min: -128,
            max: 127,
        },
    };
    let numerics = emitter.rounding();
    step(
        emitter,
        node,
        block(params),
        numerics,
        transposed[0],
        &inputs,
    );
}

/// `MatMulInteger` as `matmul`.
pub(super) fn mat_mul_integer(emitter: &mut Emitter<'_>, node: &Node, zero_points: [bool; 2]) {
    let params = MatMul {
        transpose_a: 0,
        transpose_b: 0,
    };
    let inputs = given(emitter, node, &[&[true; 2], &zero_points[..]].concat());
    step(emitter, node, block(params), Numerics::None, false, &inputs);
}

fn step(
    emitter: &mut Emitter<'_>,
    node: &Node,
    params: Vec<u8>,
    numerics: Numerics,
    transposed: bool,
    inputs: &[u16],
) {
    let graph = emitter.graph();
    let a = graph.tensor(node.inputs[0]);
    let depth = a.shape.iter().rev().nth(usize::from(transposed));
    let kernel = Kernel {
        opcode: Opcode::MatMul,
        dtype: a.element.dtype(),
        numerics,
        params,
        macs: graph.tensor(node.output()).len() * depth.copied().unwrap_or(1),
    };
    let output = rows(emitter, &node.outputs);
    emitter.step(node, &kernel, inputs, &output);
}

/// The one multiplier of all columns.
fn multiplier(emitter: &mut Emitter<'_>, node: &Node, a: Affine, b: Affine, output: Affine) -> u16 {
    let name = format!("{} multiplier", node.name);
    if emitter.rounding() == Numerics::Tflite {
        let real = f64::from(a.scale) * f64::from(b.scale) / f64::from(output.scale);
        return emitter.constant(&name, DType::I32, &[1, 2], &[q31_multiplier(real)], 4);
    }
    let value = (a.scale * b.scale) / output.scale;
    emitter.vector(&name, DType::F32, &[value])
}
