use cadet_format::{
    Binary, BinaryF32, ClampF32, Compare, DType, MulI8, Multiplier, Numerics, Opcode, PReluI8,
    QuantI8,
};
use cadet_kernels::binary::{Comparison, Function};

use super::emitter::{Emitter, Kernel, block};
use super::epilogue::{Epilogue, q31, ratio};
use super::sum;
use crate::ir::elementwise::{comparison, pair};
use crate::ir::{Bounds, Node};

/// A function of two tensors.
pub(super) fn binary(emitter: &mut Emitter<'_>, node: &Node, function: Function, bounds: Bounds) {
    let epilogue = emitter.epilogue(node, bounds);
    let dtype = emitter.dtype(node.output());
    let code = pair(function).1 as u32;
    let kernel = match (function, epilogue) {
        (Function::Sub, Epilogue::I8(quant)) => return sum::difference(emitter, node, quant),
        (Function::Mul, Epilogue::I8(quant)) => product(emitter, node, quant),
        (Function::PRelu, Epilogue::I8(quant)) => prelu(emitter, node, quant),
        (_, Epilogue::F32(ClampF32 { min, max })) if dtype == DType::F32 => {
            let clamp = ClampF32 { min, max };
            let params = BinaryF32 {
                function: code,
                clamp,
            };
            exact(Opcode::Binary, dtype, block(params))
        }
        _ => exact(Opcode::Binary, dtype, block(Binary { function: code })),
    };
    step(emitter, node, &kernel);
}

/// A comparison of two tensors.
pub(super) fn compare(emitter: &mut Emitter<'_>, node: &Node, function: Comparison) {
    let comparison = comparison(function).1 as u32;
    let dtype = emitter.dtype(node.inputs[0]);
    step(
        emitter,
        node,
        &exact(Opcode::Compare, dtype, block(Compare { comparison })),
    );
}

/// `Pow`, `Where` and `Cast`, whose kernels have no parameters; `operand` is the one that names them.
pub(super) fn plain(emitter: &mut Emitter<'_>, node: &Node, opcode: Opcode, operand: usize) {
    let dtype = emitter.dtype(node.inputs[operand]);
    step(emitter, node, &exact(opcode, dtype, Vec::new()));
}

/// Adds the step of a node whose operands broadcast to its output.
pub(super) fn step(emitter: &mut Emitter<'_>, node: &Node, kernel: &Kernel) {
    let order = emitter.order(node.output());
    let rows: Vec<u16> = [&node.inputs[..], &[node.output()]]
        .concat()
        .into_iter()
        .map(|id| {
            let own = emitter.shape(id);
            let missing = order.len() - own.len();
            let extent = |&axis: &usize| {
                if axis < missing {
                    1
                } else {
                    own[axis - missing]
                }
            };
            let dims: Vec<usize> = order.iter().map(extent).collect();
            emitter.operand(id, &dims)
        })
        .collect();
    let (inputs, output) = rows.split_at(node.inputs.len());
    emitter.step(node, kernel, inputs, output);
}

fn product(emitter: &Emitter<'_>, node: &Node, quant: QuantI8) -> Kernel {
    let [a, b, y] = emitter.pair_affines(node);
    let params = block(MulI8 {
        quant,
        b_zero_point: b.zero_point,
        multiplier: multiplier(emitter, [a.scale, b.scale], y.scale),
    });
    rounded(emitter, Opcode::Mul, params)
}

fn prelu(emitter: &Emitter<'_>, node: &Node, quant: QuantI8) -> Kernel {
    let [x, slope, y] = emitter.pair_affines(node);
    let params = block(PReluI8 {
        quant,
        slope_zero_point: slope.zero_point,
        positive: multiplier(emitter, [x.scale, 1.0], y.scale),
        negative: multiplier(emitter, [x.scale, slope.scale], y.scale),
    });
    rounded(emitter, Opcode::PRelu, params)
}

/// The product of two scales over a third.
fn multiplier(emitter: &Emitter<'_>, [a, b]: [f32; 2], y: f32) -> Multiplier {
    match emitter.rounding() {
        Numerics::Tflite => q31(f64::from(a) * f64::from(b) / f64::from(y)),
        _ => ratio(a * b / y),
    }
}

/// An int8 kernel that rounds to its output's scale.
fn rounded(emitter: &Emitter<'_>, opcode: Opcode, params: Vec<u8>) -> Kernel {
    Kernel {
        opcode,
        dtype: DType::I8,
        numerics: emitter.rounding(),
        params,
        macs: 0,
    }
}

/// A kernel that does not round to a scale.
fn exact(opcode: Opcode, dtype: DType, params: Vec<u8>) -> Kernel {
    Kernel {
        opcode,
        dtype,
        numerics: Numerics::None,
        params,
        macs: 0,
    }
}
