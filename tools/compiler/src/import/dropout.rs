use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, TensorId, Values};

/// `Dropout` at inference: its input, and a mask that keeps everything. In training mode only with a
/// ratio of 0.
pub(super) fn dropout(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["ratio", "seed"])?;
    if trains(importer, node)? {
        return Err(Refusal::new(
            "it drops elements at random in its training mode",
            "export the model for inference",
        ));
    }
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let element = importer.graph.tensor(input).element;
    importer.declare(&node.proto.output[0], element, &shape);
    let output = importer.tensor(&node.proto.output[0])?;
    importer.push(node, Op::Reshape, vec![input], vec![output]);
    if let Some(mask) = node.proto.output.get(1).filter(|name| !name.is_empty()) {
        importer.declare(mask, ElementType::Bool, &shape);
        let kept = vec![1; shape.iter().product()];
        importer.set_constant(mask, Values::I64(kept))?;
    }
    Ok(())
}

fn trains(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<bool, Refusal> {
    if node.input(2).is_none() {
        return Ok(false);
    }
    let mode = importer.input(node, 2)?;
    let ratio = match node.input(1) {
        Some(_) => Some(importer.input(node, 1)?),
        None => None,
    };
    let is_zero = |id: TensorId| match &importer.graph.tensor(id).values {
        Some(Values::F32(values)) => values.iter().all(|&value| value == 0.0),
        Some(Values::I64(values)) => values.iter().all(|&value| value == 0),
        None => false,
    };
    Ok(!is_zero(mode) && !ratio.is_some_and(is_zero))
}
