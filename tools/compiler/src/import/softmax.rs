use super::axes::axis;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, SoftmaxKind};

/// `Softmax`, `LogSoftmax`, `Hardmax` along one axis. Before version 13 they span all dimensions from
/// `axis` on.
pub(super) fn softmax(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let kind = match node.proto.op_type.as_str() {
        "Softmax" => SoftmaxKind::Soft,
        "LogSoftmax" => SoftmaxKind::Log,
        _ => SoftmaxKind::Hard,
    };
    let is_flattening = node.opset < 13;
    let axis = axis(
        node.int("axis", if is_flattening { 1 } else { -1 }),
        shape.len(),
    )?;
    let mut spanned = (axis..shape.len()).filter(|&axis| shape[axis] != 1);
    let (first, second) = (spanned.next(), spanned.next());
    if !is_flattening || second.is_none() {
        let axis = first.filter(|_| is_flattening).unwrap_or(axis);
        return importer.emit(node, Op::Softmax { kind, axis }, vec![input]);
    }
    let rows = shape[..axis].iter().product();
    let flat = vec![rows, shape[axis..].iter().product()];
    let flat = (ElementType::F32, flat);
    let view = importer.part(node, "flattened", Op::Reshape, vec![input], flat.clone());
    let op = Op::Softmax { kind, axis: 1 };
    let result = importer.part(node, "rows", op, vec![view], flat);
    importer.emit(node, Op::Reshape, vec![result])
}
