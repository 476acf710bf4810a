use cadet_format::{NormalizeKind, ReduceFunction};
use cadet_kernels::binary::Function;

use super::axes::{axes, axis};
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{ElementType, Op, TensorId};

/// `BatchNormalization` (ONNX BatchNormalization-7 to -15).
pub(super) fn batch_normalization(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["epsilon", "momentum", "training_mode", "spatial"])?;
    let input = importer.float_input(node, 0)?;
    spatial_rank(importer, input)?;
    if node.int("spatial", 1) != 1 {
        return Err(Refusal::new(
            "it normalises each element on its own",
            "convert the model to opset 9",
        ));
    }
    if node.int("training_mode", 0) != 0 {
        return batch_statistics(importer, node, input);
    }
    let mut inputs = vec![input];
    for index in 1..5 {
        inputs.push(importer.constant_input(node, index)?);
    }
    let epsilon = node.float("epsilon", 1e-5);
    emit(importer, node, Op::BatchNormalization { epsilon }, inputs)
}

/// `BatchNormalization` by the statistics of its own input, which also move the running ones.
fn batch_statistics(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
) -> Result<(), Refusal> {
    let mut parts = Parts { importer, node };
    let shape = parts.shape(input);
    let axes: Vec<usize> = (0..shape.len()).filter(|&axis| axis != 1).collect();
    let mut channels = vec![1; shape.len()];
    channels[1] = shape[1];
    let mut operands = [input; 5];
    for (index, operand) in operands.iter_mut().enumerate().skip(1) {
        let vector = parts.importer.float_input(node, index)?;
        *operand = parts.reshaped(vector, &channels)?;
    }
    let [_, scale, bias, old_mean, old_variance] = operands;
    let op = Op::Normalize {
        kind: NormalizeKind::Standard,
        axes: axes.clone(),
        epsilon: node.float("epsilon", 1e-5),
    };
    let result = parts.part("normalised", op, vec![input, scale, bias], shape.clone());
    parts.give(0, result)?;
    let reduce = |function| Op::Reduce {
        function,
        axes: axes.clone(),
    };
    let mean = reduce(ReduceFunction::Mean);
    let mean = parts.part("mean", mean, vec![input], channels.clone());
    let distance = parts.pair("distance", Function::Sub, [input, mean])?;
    let sum = reduce(ReduceFunction::SumSquare);
    let sum = parts.part("square sum", sum, vec![distance], channels.clone());
    let count = shape.iter().product::<usize>() / shape[1].max(1);
    let variance = parts.scaled("variance", sum, 1.0 / count as f32)?;
    let momentum = node.float("momentum", 0.9);
    for (index, old, new) in [(1, old_mean, mean), (2, old_variance, variance)] {
        if node.output(index).is_none() {
            continue;
        }
        let old = parts.scaled(&format!("old {index}"), old, momentum)?;
        let new = parts.scaled(&format!("new {index}"), new, 1.0 - momentum)?;
        let running = parts.pair(&format!("running {index}"), Function::Add, [new, old])?;
        let running = parts.reshaped(running, &[shape[1]])?;
        parts.give(index, running)?;
    }
    Ok(())
}

/// `MeanVarianceNormalization` (ONNX versions 9 to 13). Its deviation plus 1e-9 is the root of its square plus
/// 1e-18, to 1e-9.
pub(super) fn mean_variance(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axes"])?;
    let input = importer.float_input(node, 0)?;
    let rank = importer.graph.shape(input).len();
    let op = Op::Normalize {
        kind: NormalizeKind::Standard,
        axes: axes(node.ints("axes").unwrap_or(&[0, 2, 3]), rank)?,
        epsilon: 1e-18,
    };
    emit(importer, node, op, vec![input])
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
