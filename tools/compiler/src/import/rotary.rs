use cadet_kernels::binary::Function;

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{ElementType, Movement, Op, TensorId};

/// `RotaryEmbedding` (ONNX version 23): input `[batch, heads, length, size]` or `[batch, length, heads * size]`,
/// tables of cosines and sines, one row a position or a position of each sequence, and positions.
pub(super) fn rotary_embedding(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["interleaved", "num_heads", "rotary_embedding_dim"])?;
    let mut parts = Parts { importer, node };
    let input = parts.importer.float_input(node, 0)?;
    let whole = parts.shape(input);
    // The tables lack the axis of the heads.
    let (x, head_axis) = match whole[..] {
        [_, _, _, _] => (input, 1),
        [batch, length, size] => {
            let heads = usize::try_from(node.int("num_heads", 0)).unwrap_or(0);
            if heads == 0 || size % heads != 0 {
                return Err(Refusal::malformed(format!("{heads} heads of {size}")));
            }
            (
                parts.reshaped(input, &[batch, length, heads, size / heads])?,
                2,
            )
        }
        _ => return Err(Refusal::malformed(format!("an input {whole:?}"))),
    };
    let shape = parts.shape(x);
    let size = shape[3];
    let turned = match usize::try_from(node.int("rotary_embedding_dim", 0)) {
        Ok(0) => size,
        Ok(turned) if turned <= size => turned,
        _ => return Err(Refusal::malformed("a rotation beyond the size of a head")),
    };
    let (half, length) = (turned / 2, shape[3 - head_axis]);
    let mut table = [shape[0], length, length, half];
    table[head_axis] = 1;
    let cosine = rows(&mut parts, 1, "cosine", &table)?;
    let sine = rows(&mut parts, 2, "sine", &table)?;

    let interleaved = node.int("interleaved", 0) != 0;
    let (second, step) = if interleaved { (1, 2) } else { (half, 1) };
    let a = parts.sliced("first", x, 0, half, step);
    let b = parts.sliced("second", x, second, half, step);
    let mut turn = |name: &str, [p, q]: [TensorId; 2], function| -> Result<TensorId, Refusal> {
        let one = parts.pair(&format!("{name} a"), Function::Mul, [a, p])?;
        let other = parts.pair(&format!("{name} b"), Function::Mul, [b, q])?;
        parts.pair(name, function, [one, other])
    };
    let real = turn("real", [cosine, sine], Function::Sub)?;
    let imaginary = turn("imaginary", [sine, cosine], Function::Add)?;
    let mut result = if interleaved {
        let pairs = [shape[0], shape[1], shape[2], half, 1];
        let real = parts.reshaped(real, &pairs)?;
        let imaginary = parts.reshaped(imaginary, &pairs)?;
        let joined = parts.joined("pairs", vec![real, imaginary], 4);
        parts.reshaped(joined, &[shape[0], shape[1], shape[2], turned])?
    } else {
        parts.joined("turned", vec![real, imaginary], 3)
    };
    if turned < size {
        let rest = parts.sliced("rest", x, turned, size - turned, 1);
        result = parts.joined("all", vec![result, rest], 3);
    }
    let result = parts.reshaped(result, &whole)?;
    parts.give(0, result)
}

/// The rows of a table that belong to the positions, in the shape asked for.
fn rows(
    parts: &mut Parts<'_, '_>,
    index: usize,
    part: &str,
    shape: &[usize],
) -> Result<TensorId, Refusal> {
    let mut table = parts.importer.float_input(parts.node, index)?;
    if parts.node.input(3).is_some() {
        let positions = parts.importer.input(parts.node, 3)?;
        let tensor = parts.importer.graph.tensor(positions);
        if tensor.element != ElementType::I64 || parts.shape(table).len() != 2 {
            return Err(Refusal::malformed("positions of i64 in a table of rows"));
        }
        let count = tensor.len();
        let positions = parts.reshaped(positions, &[count])?;
        let width = parts.shape(table)[1];
        let op = Op::Movement(Movement::Gather { axis: 0 });
        table = parts.part(part, op, vec![table, positions], vec![count, width]);
    }
    parts.reshaped(table, shape)
}
