//! Operators that run or search along one axis.

use super::axes::{axis, in_order};
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Movement, Op};

/// `CumSum` and `CumProd` along a constant axis.
pub(super) fn cumulative(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["exclusive", "reverse"])?;
    let input = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(input);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let &[axis] = &in_order(&importer.integers(node, 1)?, shape.len())?[..] else {
        return Err(Refusal::malformed("more than one axis"));
    };
    let output = importer.output(node, 0, element, &shape)?;
    let op = Movement::Cumulative {
        axis,
        product: node.proto.op_type == "CumProd",
        exclusive: node.int("exclusive", 0) != 0,
        reverse: node.int("reverse", 0) != 0,
    };
    importer.push(node, Op::Movement(op), vec![input], vec![output]);
    Ok(())
}

/// `TopK` of a constant number of elements, sorted in any case.
pub(super) fn top_k(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "largest", "sorted"])?;
    let input = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(input);
    let (element, mut shape) = (tensor.element, tensor.shape.clone());
    let axis = axis(node.int("axis", -1), shape.len())?;
    let k = match importer.sizes(node, 1)?[..] {
        [k] if k <= shape[axis] => k,
        _ => {
            return Err(Refusal::malformed(format!(
                "more elements than {}",
                shape[axis]
            )));
        }
    };
    shape[axis] = k;
    let values = importer.output(node, 0, element, &shape)?;
    let indices = importer.output(node, 1, ElementType::I64, &shape)?;
    let largest = node.int("largest", 1) != 0;
    let op = Op::Movement(Movement::TopK { axis, largest });
    importer.push(node, op, vec![input], vec![values, indices]);
    Ok(())
}

/// `ArgMax`, `ArgMin`.
pub(super) fn arg_max(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "keepdims", "select_last_index"])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let axis = axis(node.int("axis", 0), shape.len())?;
    let keeps = node.int("keepdims", 1) != 0;
    let op = Op::Movement(Movement::ArgMax {
        axis,
        least: node.proto.op_type == "ArgMin",
        last: node.int("select_last_index", 0) != 0,
    });
    if shape[axis] == 0 {
        return Err(Refusal::malformed("no element to choose from"));
    }
    let (mut kept, mut left) = (shape.clone(), shape);
    kept[axis] = 1;
    left.remove(axis);
    if keeps {
        let output = importer.output(node, 0, ElementType::I64, &kept)?;
        importer.push(node, op, vec![input], vec![output]);
    } else {
        let output = importer.output(node, 0, ElementType::I64, &left)?;
        let kept = importer.part(node, "kept", op, vec![input], (ElementType::I64, kept));
        importer.push(node, Op::Reshape, vec![kept], vec![output]);
    }
    Ok(())
}
