use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::Op;

/// `BatchNormalization` at inference (ONNX BatchNormalization-7 to -15).
pub(super) fn batch_normalization(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["epsilon", "momentum", "training_mode", "spatial"])?;
    if node.int("training_mode", 0) != 0 || node.int("spatial", 1) != 1 {
        return Err(Refusal::new(
            "training mode",
            "export the model for inference",
        ));
    }
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input);
    if !(2..=4).contains(&shape.len()) || shape[0] != 1 {
        return Err(Refusal::new(
            format!("normalisation of {shape:?}"),
            "use one example a run with at most two spatial dimensions",
        ));
    }
    let mut inputs = vec![input];
    for index in 1..5 {
        inputs.push(importer.constant_input(node, index)?);
    }
    let epsilon = node.float("epsilon", 1e-5);
    importer.emit(node, Op::BatchNormalization { epsilon }, inputs)
}

/// `Softmax` along one axis. Before version 13 it spans all dimensions from `axis` on.
pub(super) fn softmax(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input);
    let is_flattening = node.opset < 13;
    let axis = node.int("axis", if is_flattening { 1 } else { -1 });
    let axis = if axis < 0 {
        axis + shape.len() as i64
    } else {
        axis
    };
    let axis = usize::try_from(axis)
        .ok()
        .filter(|&axis| axis < shape.len());
    let Some(axis) = axis else {
        return Err(Refusal::new(
            "the axis lies outside the shape",
            "the model is malformed; check it with onnx.checker",
        ));
    };
    let mut spanned = (axis..shape.len()).filter(|&axis| shape[axis] != 1);
    let axis = if is_flattening {
        let first = spanned.next().unwrap_or(axis);
        if spanned.next().is_some() {
            return Err(Refusal::new(
                format!("it spans several axes of {shape:?} before version 13"),
                "convert the model to opset 13, or flatten before the Softmax",
            ));
        }
        first
    } else {
        axis
    };
    importer.emit(node, Op::Softmax { axis }, vec![input])
}
