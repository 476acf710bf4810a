use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, Op, Unary};

/// `Add` of two tensors of one shape, or of a tensor and a constant that broadcasts to it.
pub(super) fn add(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let mut left = importer.float_input(node, 0)?;
    let mut right = importer.float_input(node, 1)?;
    if importer.graph.constant_f32(left).is_some() {
        (left, right) = (right, left);
    }
    let a = importer.graph.shape(left).to_vec();
    let output = importer.shape_of(&node.proto.output[0])?;
    let b = importer.graph.shape(right);
    let is_constant = importer.graph.constant_f32(right).is_some();
    if output != a || (!is_constant && a != *b) {
        return Err(Refusal::new(
            format!("{a:?} + {b:?} broadcasts at run time"),
            "add tensors of one shape",
        ));
    }
    let bounds = Bounds::NONE;
    importer.emit(node, Op::Add { bounds }, vec![left, right])
}

/// `Relu`, `LeakyRelu`, `Sigmoid`, `Tanh`.
pub(super) fn activation(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let unary = match node.proto.op_type.as_str() {
        "LeakyRelu" => {
            node.expect_attributes(&["alpha"])?;
            Unary::LeakyRelu(node.float("alpha", 0.01))
        }
        op => {
            node.expect_attributes(&[])?;
            match op {
                "Sigmoid" => Unary::Sigmoid,
                "Tanh" => Unary::Tanh,
                _ => Unary::Clip(Bounds::RELU),
            }
        }
    };
    let input = importer.float_input(node, 0)?;
    importer.emit(node, Op::Unary(unary), vec![input])
}

/// `Clip` with constant bounds, attributes before version 11 and inputs since.
pub(super) fn clip(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["min", "max"])?;
    let input = importer.float_input(node, 0)?;
    let mut bounds = Bounds::NONE;
    if node.opset < 11 {
        bounds.min = node.optional_float("min").unwrap_or(bounds.min);
        bounds.max = node.optional_float("max").unwrap_or(bounds.max);
    } else {
        for (index, bound) in [(1, &mut bounds.min), (2, &mut bounds.max)] {
            if node.input(index).is_some() {
                let id = importer.constant_input(node, index)?;
                let values = importer.graph.constant_f32(id).unwrap_or(&[]);
                *bound = *values
                    .first()
                    .ok_or_else(|| Refusal::new("a bound without a value", "give a scalar"))?;
            }
        }
    }
    // ONNX gives `max` where the bounds cross.
    bounds.min = bounds.min.min(bounds.max);
    importer.emit(node, Op::Unary(Unary::Clip(bounds)), vec![input])
}
