use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::window::sizes;
use crate::ir::{ElementType, Op, Values};

/// `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Identity`: the elements stay as they are; the
/// output's static shape says the rest.
pub(super) fn reshape(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["allowzero", "axis", "axes", "shape"])?;
    let input = importer.input(node, 0)?;
    let len = importer.graph.tensor(input).len();
    importer.emit(node, Op::Reshape, vec![input])?;
    importer.expect_output_len(len)
}

/// `Size`, which is known before anything runs.
pub(super) fn size(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.input(node, 0)?;
    let len = importer.graph.tensor(input).len();
    importer.output(node, 0, ElementType::I64, &[])?;
    importer.set_constant(&node.proto.output[0], Values::I64(vec![len as i64]))
}

/// `Transpose`.
pub(super) fn transpose(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["perm"])?;
    let input = importer.input(node, 0)?;
    let rank = importer.graph.shape(input).len();
    let perm = match node.ints("perm") {
        Some(perm) => sizes(perm).unwrap_or_default(),
        None => (0..rank).rev().collect(),
    };
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        return Err(Refusal::new(
            "`perm` is not a permutation of the dimensions",
            "the model is malformed; check it with onnx.checker",
        ));
    }
    importer.emit(node, Op::Transpose { perm }, vec![input])
}
