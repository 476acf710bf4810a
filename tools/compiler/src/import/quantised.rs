//! What the integers of quantised models stand for.

use std::collections::HashMap;

use tract_onnx::pb;

use super::facts::Fact;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Affine, ElementType, Integers, Op, Tensor, TensorId, Values};

/// `QuantizeLinear` of an activation with one constant scale (ONNX QuantizeLinear-10 to -25).
pub(super) fn quantize_linear(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let attributes = [
        "axis",
        "saturate",
        "block_size",
        "output_dtype",
        "precision",
    ];
    node.expect_attributes(&attributes)?;
    let input = importer.float_input(node, 0)?;
    let output = importer.tensor(&node.proto.output[0])?;
    let affine = affine(importer, node)?;
    set_affine(importer, output, affine)?;
    importer.emit(node, Op::Quantize, vec![input])
}

/// `DequantizeLinear` of an activation with one constant scale (ONNX DequantizeLinear-10 to -25).
pub(super) fn dequantize_linear(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "block_size", "output_dtype"])?;
    let input = importer.input(node, 0)?;
    let affine = affine(importer, node)?;
    let input = match importer.graph.affine(input) {
        // The same integers may be read in two ways.
        Some(other) if other != affine => {
            let tensor = importer.graph.tensor(input);
            let kind = (tensor.element, tensor.shape.clone());
            importer.part(node, "view", Op::Reshape, vec![input], kind)
        }
        _ => input,
    };
    set_affine(importer, input, affine)?;
    importer.emit(node, Op::Dequantize, vec![input])
}

fn set_affine(importer: &mut Importer, id: TensorId, affine: Affine) -> Result<(), Refusal> {
    let tensor = &mut importer.graph.tensors[id.0];
    if !matches!(tensor.element, ElementType::I8 | ElementType::U8) {
        return Err(Refusal::new(
            format!("`{}` is {:?}", tensor.name, tensor.element),
            "quantise to int8 or uint8",
        ));
    }
    tensor.affine = Some(affine);
    Ok(())
}

/// The scale and zero point of a node whose inputs 1 and 2 they are.
fn affine(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<Affine, Refusal> {
    let refusal = || {
        Refusal::new(
            "its scale is not one constant",
            "quantise activations with one constant scale a tensor",
        )
    };
    let scale = importer.constant_input(node, 1)?;
    let &[scale] = importer.graph.constant_f32(scale).unwrap_or(&[]) else {
        return Err(refusal());
    };
    let zero_point = match node.input(2) {
        Some(_) => importer.integers(node, 2)?,
        None => vec![0],
    };
    let &[zero_point] = &zero_point[..] else {
        return Err(refusal());
    };
    if !(scale.is_normal() && scale > 0.0) {
        return Err(Refusal::new(
            format!("a scale of {scale}"),
            "use a positive scale",
        ));
    }
    let zero_point = zero_point as i32;
    Ok(Affine { scale, zero_point })
}

/// The integers behind the constants of a model that come out of a `DequantizeLinear`, by the
/// name of its output.
pub(super) fn dequantised_constants(
    graph: &pb::GraphProto,
    facts: &HashMap<String, Fact>,
) -> HashMap<String, Integers> {
    let nodes = graph.node.iter();
    let dequantise = nodes.filter(|node| node.op_type == "DequantizeLinear");
    dequantise
        .filter_map(|node| Some((node.output.first()?.clone(), integers(node, facts)?)))
        .collect()
}

fn integers(node: &pb::NodeProto, facts: &HashMap<String, Fact>) -> Option<Integers> {
    let fact = |index: usize| facts.get(node.input.get(index)?);
    let (Values::I64(values), Values::F32(scales)) =
        (fact(0)?.values.as_ref()?, fact(1)?.values.as_ref()?)
    else {
        return None;
    };
    let zero_points = match fact(2).and_then(|fact| fact.values.as_ref()) {
        Some(Values::I64(points)) => points.clone(),
        _ => vec![0; scales.len()],
    };
    let rank = fact(0)?.shape()?.len();
    let axis = node.attribute.iter().find(|a| a.name == "axis");
    let axis = axis.map_or(1, |attribute| attribute.i);
    let axis = if axis < 0 { axis + rank as i64 } else { axis };
    // Weights of the kernels are signed.
    let offset = match fact(0)?.element? {
        ElementType::U8 => 128,
        ElementType::I8 | ElementType::I32 => 0,
        _ => return None,
    };
    let signed = |values: &[i64]| values.iter().map(|&v| (v - offset) as i32).collect();
    Some(Integers {
        values: signed(values),
        scales: scales.clone(),
        zero_points: signed(&zero_points),
        axis: usize::try_from(axis).ok()?,
    })
}

impl Tensor {
    /// The same constant with its first two dimensions swapped.
    pub(super) fn transposed_matrix(&self) -> Option<Tensor> {
        let &[rows, columns] = &self.shape[..] else {
            return None;
        };
        let mut transposed = self.permuted(|index| index % rows * columns + index / rows);
        transposed.shape = vec![columns, rows];
        if let Some(integers) = &mut transposed.integers {
            integers.axis = 1 - integers.axis.min(1);
        }
        Some(transposed)
    }
}
