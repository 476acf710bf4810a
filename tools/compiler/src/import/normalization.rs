use cadet_format::NormalizeKind;

use super::axes::axis;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, TensorId};

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

/// `LayerNormalization` (ONNX version 17).
pub(super) fn layer(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "epsilon", "stash_type"])?;
    let (input, op, statistics) = trailing(importer, node, NormalizeKind::Standard)?;
    let inputs = with_scale_and_bias(importer, node, input)?;
    let mut outputs = vec![importer.output(node, 0, ElementType::F32, &shape(importer, input))?];
    // The kernel writes the mean before the inverse deviation, whoever reads it.
    let wanted = node.proto.output.iter().rposition(|name| !name.is_empty());
    for index in 1..=wanted.unwrap_or(0) {
        outputs.push(importer.output(node, index, ElementType::F32, &statistics)?);
    }
    importer.push(node, op, inputs, outputs);
    Ok(())
}

/// `RMSNormalization` (ONNX version 23).
pub(super) fn root_mean_square(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "epsilon", "stash_type"])?;
    let (input, op, _) = trailing(importer, node, NormalizeKind::RootMeanSquare)?;
    let inputs = with_scale_and_bias(importer, node, input)?;
    emit(importer, node, op, inputs)
}

/// `InstanceNormalization` (ONNX versions 6 to 22): each channel of each example on its own.
pub(super) fn instance(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["epsilon"])?;
    let input = importer.float_input(node, 0)?;
    let rank = spatial_rank(importer, input)?;
    let op = Op::Normalize {
        kind: NormalizeKind::Standard,
        axes: (2..rank).collect(),
        epsilon: node.float("epsilon", 1e-5),
    };
    let mut channels = vec![1; rank];
    channels[1] = importer.graph.shape(input)[1];
    let mut inputs = vec![input];
    for index in [1, 2] {
        let operand = importer.float_input(node, index)?;
        inputs.push(importer.reshaped(node, operand, channels.clone())?);
    }
    emit(importer, node, op, inputs)
}

/// `GroupNormalization` (ONNX versions 18, with scale and bias a group, and 21, a channel).
pub(super) fn group(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["epsilon", "num_groups", "stash_type"])?;
    let input = importer.float_input(node, 0)?;
    let rank = spatial_rank(importer, input)?;
    let shape = shape(importer, input);
    let groups = usize::try_from(node.int("num_groups", 0)).unwrap_or(0);
    if groups == 0 || !shape[1].is_multiple_of(groups) {
        return Err(Refusal::new(
            format!("{groups} groups of {} channels", shape[1]),
            "the model is malformed; check it with onnx.checker",
        ));
    }
    let mut grouped = vec![shape[0], groups, shape[1] / groups];
    grouped.extend_from_slice(&shape[2..]);
    let view = importer.reshaped(node, input, grouped.clone())?;
    let mut inputs = vec![view];
    for index in [1, 2] {
        let operand = importer.float_input(node, index)?;
        let mut extents = vec![1; rank + 1];
        extents[1] = groups;
        extents[2] = importer.graph.tensor(operand).len() / groups;
        inputs.push(importer.reshaped(node, operand, extents)?);
    }
    let op = Op::Normalize {
        kind: NormalizeKind::Standard,
        axes: (2..=rank).collect(),
        epsilon: node.float("epsilon", 1e-5),
    };
    let result = importer.part(node, "normalised", op, inputs, (ElementType::F32, grouped));
    let output = (ElementType::F32, &shape[..]);
    importer.define(node, Op::Reshape, vec![result], &[output])
}

/// `LpNormalization` (ONNX versions 1 to 22).
pub(super) fn lp(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "p"])?;
    let input = importer.float_input(node, 0)?;
    let rank = importer.graph.shape(input).len();
    let kind = match node.int("p", 2) {
        1 => NormalizeKind::L1,
        _ => NormalizeKind::L2,
    };
    let op = Op::Normalize {
        kind,
        axes: vec![axis(node.int("axis", -1), rank)?],
        epsilon: 0.0,
    };
    emit(importer, node, op, vec![input])
}

/// `LRN` (ONNX versions 1 to 13).
pub(super) fn local_response(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["alpha", "beta", "bias", "size"])?;
    let input = importer.float_input(node, 0)?;
    spatial_rank(importer, input)?;
    let size = usize::try_from(node.int("size", 0)).unwrap_or(0);
    if size == 0 {
        return Err(Refusal::new(
            "`size` is missing",
            "the model is malformed; check it with onnx.checker",
        ));
    }
    let op = Op::LocalResponseNorm {
        size,
        alpha: node.float("alpha", 1e-4),
        beta: node.float("beta", 0.75),
        bias: node.float("bias", 1.0),
    };
    emit(importer, node, op, vec![input])
}

/// A normalisation of all axes from `axis` on: its input, the operator, and the shape of its statistics.
fn trailing(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    kind: NormalizeKind,
) -> Result<(TensorId, Op, Vec<usize>), Refusal> {
    let input = importer.float_input(node, 0)?;
    let mut shape = shape(importer, input);
    let first = axis(node.int("axis", -1), shape.len())?;
    let op = Op::Normalize {
        kind,
        axes: (first..shape.len()).collect(),
        epsilon: node.float("epsilon", 1e-5),
    };
    shape[first..].fill(1);
    Ok((input, op, shape))
}

/// The input, and scale and bias with as many dimensions, so that they follow its memory order.
fn with_scale_and_bias(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
) -> Result<Vec<TensorId>, Refusal> {
    let rank = importer.graph.shape(input).len();
    let mut inputs = vec![input];
    for index in 1..node.proto.input.len() {
        let operand = importer.float_input(node, index)?;
        let own = importer.graph.shape(operand);
        let mut extents = vec![1; rank.saturating_sub(own.len())];
        extents.extend_from_slice(own);
        inputs.push(importer.reshaped(node, operand, extents)?);
    }
    Ok(inputs)
}

fn spatial_rank(importer: &Importer, input: TensorId) -> Result<usize, Refusal> {
    let shape = importer.graph.shape(input);
    if shape.len() >= 2 {
        return Ok(shape.len());
    }
    Err(Refusal::new(
        format!("an input {shape:?} without channels"),
        "the model is malformed; check it with onnx.checker",
    ))
}

fn shape(importer: &Importer, id: TensorId) -> Vec<usize> {
    importer.graph.shape(id).to_vec()
}

/// Adds a node whose output has the first input's shape.
fn emit(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    op: Op,
    inputs: Vec<TensorId>,
) -> Result<(), Refusal> {
    let shape = shape(importer, inputs[0]);
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}
