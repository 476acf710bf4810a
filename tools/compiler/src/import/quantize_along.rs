use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, TensorId};

/// `QuantizeLinear` with scales for the tensor, an axis or blocks as an operand.
pub(super) fn quantize_linear(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let input = importer.float_input(node, 0)?;
    let element = quantised_element(importer, node)?;
    let (inputs, axis, block) = operands(importer, node, input)?;
    let shape = importer.graph.shape(input).to_vec();
    let op = Op::QuantizeAlong { axis, block };
    importer.define(node, op, inputs, &[(element, &shape)])
}

/// The element type that a `QuantizeLinear` gives: int8 or uint8.
pub(super) fn quantised_element(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<ElementType, Refusal> {
    let attributes = [
        "axis",
        "saturate",
        "block_size",
        "output_dtype",
        "precision",
    ];
    node.expect_attributes(&attributes)?;
    if !matches!(node.int("precision", 0), 0 | FLOAT) {
        return Err(unsupported("another precision than float32"));
    }
    let element = match node.input(2) {
        Some(_) => {
            let zero_points = importer.input(node, 2)?;
            importer.graph.tensor(zero_points).element
        }
        None => match node.int("output_dtype", 0) {
            0 | UINT8 => ElementType::U8,
            INT8 => ElementType::I8,
            other => return Err(unsupported(&format!("data type {other}"))),
        },
    };
    if matches!(element, ElementType::I8 | ElementType::U8) {
        return Ok(element);
    }
    Err(unsupported(&format!("{element:?}")))
}

/// `DequantizeLinear` of int8, uint8 or int32 with scales for the tensor, an axis or blocks as an
/// operand.
pub(super) fn dequantize_linear(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "block_size", "output_dtype"])?;
    let input = importer.input(node, 0)?;
    let element = importer.graph.tensor(input).element;
    if !matches!(
        element,
        ElementType::I8 | ElementType::U8 | ElementType::I32
    ) {
        return Err(unsupported(&format!("{element:?}")));
    }
    if !matches!(node.int("output_dtype", 0), 0 | FLOAT) {
        return Err(unsupported("another output than float32"));
    }
    let (inputs, axis, block) = operands(importer, node, input)?;
    let shape = importer.graph.shape(input).to_vec();
    let op = Op::DequantizeAlong { axis, block };
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}

/// `DynamicQuantizeLinear` (ONNX DynamicQuantizeLinear-11).
pub(super) fn dynamic_quantize_linear(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let outputs = [
        (ElementType::U8, &shape[..]),
        (ElementType::F32, &[]),
        (ElementType::U8, &[]),
    ];
    importer.define(node, Op::DynamicQuantize, vec![input], &outputs)
}

/// Codes of ONNX's `TensorProto.DataType`.
const FLOAT: i64 = 1;
const UINT8: i64 = 2;
const INT8: i64 = 3;

/// Input, scales and zero points, the axis and the length of a block (0 where there are none).
fn operands(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
) -> Result<(Vec<TensorId>, usize, usize), Refusal> {
    let scales = importer.float_input(node, 1)?;
    let mut inputs = vec![input, scales];
    if node.input(2).is_some() {
        inputs.push(importer.input(node, 2)?);
    }
    let graph = &importer.graph;
    let (shape, scales) = (graph.shape(input), graph.shape(scales));
    let fits = inputs[2..].iter().all(|&id| graph.shape(id) == scales);
    if fits && scales.iter().all(|&extent| extent == 1) {
        return Ok((inputs, 0, 0));
    }
    let axis = node.int("axis", 1);
    let axis = if axis < 0 {
        axis + shape.len() as i64
    } else {
        axis
    };
    let axis = usize::try_from(axis).unwrap_or(usize::MAX);
    let block = usize::try_from(node.int("block_size", 0)).unwrap_or(0);
    let wanted = shape.get(axis).map(|&extent| match block {
        0 => vec![extent],
        _ => {
            let mut blocks = shape.to_vec();
            blocks[axis] = extent.div_ceil(block);
            blocks
        }
    });
    if fits && wanted.as_deref() == Some(scales) {
        return Ok((inputs, axis, block));
    }
    Err(Refusal::new(
        format!("scales of shape {scales:?} along axis {axis} of {shape:?}"),
        "the model is malformed; check it with onnx.checker",
    ))
}

fn unsupported(what: &str) -> Refusal {
    Refusal::new(
        format!("it quantises to or from {what}"),
        "quantise from float32 to int8 or uint8",
    )
}
