use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, TensorId};

/// `MatMul` of matrices of which at least one is known at run time only: `[.., m, k]` by `[.., k, n]`, where
/// a vector stands for one row or one column (ONNX MatMul-1 to -13).
pub(super) fn mat_mul(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let inputs = vec![
        importer.float_input(node, 0)?,
        importer.float_input(node, 1)?,
    ];
    let op = Op::MatMul {
        transposed: [false; 2],
    };
    product(importer, node, op, inputs, ElementType::F32)
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
    product(importer, node, op, inputs, ElementType::I32)
}

/// A product by the rules of numpy's `matmul`.
fn product(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    op: Op,
    mut inputs: Vec<TensorId>,
    element: ElementType,
) -> Result<(), Refusal> {
    let [a, b] = [0, 1].map(|index| importer.graph.shape(inputs[index]).to_vec());
    let (mut rows, mut columns) = (a.clone(), b.clone());
    if a.len() == 1 {
        rows.insert(0, 1);
    }
    if b.len() == 1 {
        columns.push(1);
    }
    let Some(mut output) = matrix_shape(&rows, &columns) else {
        return Err(Refusal::new(
            format!("{a:?} by {b:?}"),
            "the model is malformed; check it with onnx.checker",
        ));
    };
    inputs[0] = importer.reshaped(node, inputs[0], rows)?;
    inputs[1] = importer.reshaped(node, inputs[1], columns)?;
    if a.len() > 1 && b.len() > 1 {
        return importer.define(node, op, inputs, &[(element, &output)]);
    }
    let whole = importer.part(node, "product", op, inputs, (element, output.clone()));
    if b.len() == 1 {
        output.pop();
    }
    if a.len() == 1 {
        output.remove(output.len() - usize::from(b.len() > 1) - 1);
    }
    importer.define(node, Op::Reshape, vec![whole], &[(element, &output)])
}

/// `[.., m, n]` with the axes before broadcast; `None` where the shapes do not fit.
pub(super) fn matrix_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
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
