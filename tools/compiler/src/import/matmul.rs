use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{ElementType, Op, TensorId};

/// `MatMul` of matrices of which at least one is known at run time only (ONNX MatMul-1 to -13).
pub(super) fn mat_mul(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let inputs = vec![
        importer.float_input(node, 0)?,
        importer.float_input(node, 1)?,
    ];
    let op = Op::MatMul {
        transposed: [false; 2],
    };
    let mut parts = Parts { importer, node };
    let product = product(&mut parts, op, inputs, ElementType::F32)?;
    parts.give(0, product)
}

/// `MatMulInteger` (ONNX version 10), which gives i32.
pub(super) fn mat_mul_integer(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let mut inputs = vec![importer.input(node, 0)?, importer.input(node, 1)?];
    let mut zero_points = [false; 2];
    for (index, given) in (2..).zip(&mut zero_points) {
        if node.input(index).is_none() {
            continue;
        }
        *given = true;
        let operand = importer.input(node, index)?;
        let len = importer.graph.tensor(operand).len();
        inputs.push(importer.reshaped(node, operand, vec![len])?);
    }
    let op = Op::MatMulInteger { zero_points };
    let mut parts = Parts { importer, node };
    let product = product(&mut parts, op, inputs, ElementType::I32)?;
    parts.give(0, product)
}

/// A product `[.., m, k]` by `[.., k, n]`, each transposed where the operator says so; a vector stands for one
/// row or one column.
pub(super) fn product(
    parts: &mut Parts<'_, '_>,
    op: Op,
    mut inputs: Vec<TensorId>,
    element: ElementType,
) -> Result<TensorId, Refusal> {
    let (a, b) = (parts.shape(inputs[0]), parts.shape(inputs[1]));
    let (mut rows, mut columns) = (a.clone(), b.clone());
    if a.len() == 1 {
        rows.insert(0, 1);
    }
    if b.len() == 1 {
        columns.push(1);
    }
    inputs[0] = parts.reshaped(inputs[0], &rows)?;
    inputs[1] = parts.reshaped(inputs[1], &columns)?;
    if let Op::MatMul { transposed } = op {
        for (shape, transposed) in [&mut rows, &mut columns].into_iter().zip(transposed) {
            if let (true, Some([.., a, b])) = (transposed, shape.last_chunk_mut::<2>()) {
                std::mem::swap(a, b);
            }
        }
    }
    let Some(mut output) = matrix_shape(&rows, &columns) else {
        return Err(Refusal::malformed(format!("{a:?} by {b:?}")));
    };
    let kind = (element, output.clone());
    let whole = parts.importer.part(parts.node, "product", op, inputs, kind);
    if b.len() == 1 {
        output.pop();
    }
    if a.len() == 1 {
        output.remove(output.len() - usize::from(b.len() > 1) - 1);
    }
    parts.reshaped(whole, &output)
}

/// `[.., m, n]` with the axes before broadcast; `None` where the shapes do not fit.
fn matrix_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let (a_batch, &[m, k]) = a.split_last_chunk::<2>()?;
    let (b_batch, &[depth, n]) = b.split_last_chunk::<2>()?;
    if k != depth {
        return None;
    }
    let rank = a_batch.len().max(b_batch.len());
    let extent = |batch: &[usize], axis: usize| {
        let missing = rank - batch.len();
        if axis < missing {
            1
        } else {
            batch[axis - missing]
        }
    };
    let mut output = Vec::with_capacity(rank + 2);
    for axis in 0..rank {
        output.push(match (extent(a_batch, axis), extent(b_batch, axis)) {
            (1, other) | (other, 1) => other,
            (one, other) if one == other => one,
            _ => return None,
        });
    }
    output.extend([m, n]);
    Some(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_broadcast() {
        let shape = matrix_shape(&[3, 1, 4, 5], &[2, 5, 6]);
        assert_eq!(shape, Some(vec![3, 2, 4, 6]));
        assert_eq!(matrix_shape(&[4, 5], &[4, 5]), None);
        assert_eq!(matrix_shape(&[2, 4, 5], &[3, 5, 6]), None);
    }
}
