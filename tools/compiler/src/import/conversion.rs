use tract_onnx::pb::tensor_proto::DataType;

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, TensorId};

/// `Cast`.
pub(super) fn cast(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["to", "saturate", "round_mode"])?;
    let input = importer.input(node, 0)?;
    let element = target(node)?;
    convert(importer, node, input, element)
}

/// `BitCast` between types of one size, of which any value is legal.
pub(super) fn bit_cast(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["to"])?;
    let input = importer.input(node, 0)?;
    let element = target(node)?;
    let tensor = importer.graph.tensor(input);
    let (from, shape) = (tensor.element, tensor.shape.clone());
    let bits = |element: ElementType| element.dtype().bits();
    if bits(from) != bits(element) || (element == ElementType::Bool && from != element) {
        return Err(Refusal::malformed(format!(
            "bits of {from:?} as {element:?}"
        )));
    }
    let output = importer.output(node, 0, element, &shape)?;
    importer.push(node, Op::BitCast, vec![input], vec![output]);
    Ok(())
}

/// `CastLike`.
pub(super) fn cast_like(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["saturate", "round_mode"])?;
    let input = importer.input(node, 0)?;
    let like = importer.input(node, 1)?;
    let element = importer.graph.tensor(like).element;
    convert(importer, node, input, element)
}

fn convert(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    element: ElementType,
) -> Result<(), Refusal> {
    let tensor = importer.graph.tensor(input);
    let op = if tensor.element == element {
        Op::Reshape
    } else {
        Op::Cast
    };
    let shape = tensor.shape.clone();
    importer.declare(&node.proto.output[0], element, &shape);
    importer.emit(node, op, vec![input])
}

/// The type in the attribute `to`.
fn target(node: &OnnxNode<'_>) -> Result<ElementType, Refusal> {
    let to = node.int("to", 0);
    let kind = i32::try_from(to).ok();
    let kind = kind.and_then(|to| DataType::try_from(to).ok());
    kind.and_then(element).ok_or_else(|| {
        Refusal::new(
            format!("it converts to type {to}"),
            "use float32, int8, uint8, int32, int64 or bool",
        )
    })
}

fn element(kind: DataType) -> Option<ElementType> {
    Some(match kind {
        DataType::Float => ElementType::F32,
        DataType::Int8 => ElementType::I8,
        DataType::Uint8 => ElementType::U8,
        DataType::Int32 => ElementType::I32,
        DataType::Int64 => ElementType::I64,
        DataType::Bool => ElementType::Bool,
        _ => return None,
    })
}
