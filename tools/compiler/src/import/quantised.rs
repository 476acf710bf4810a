//! What the integers of quantised models stand for.

use std::collections::HashMap;

use tract_onnx::pb;

use super::facts::Fact;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::quantize_along;
use crate::ir::{Affine, ElementType, Integers, Op, Tensor, TensorId, Values};
use crate::layout::Layout;

/// `QuantizeLinear` (ONNX QuantizeLinear-10 to -25): with one constant scale to the affine of its
/// output, otherwise with scales as operands.
pub(super) fn quantize_linear(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let output = quantize_along::quantised_element(importer, node)?;
    let Some(affine) = affine(importer, node, 1, output)? else {
        return quantize_along::quantize_linear(importer, node);
    };
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    importer.define(node, Op::Quantize, vec![input], &[(output, &shape)])?;
    let output = importer.tensor(&node.proto.output[0])?;
    importer.graph.tensors[output.0].affine = Some(affine);
    Ok(())
}

/// `DequantizeLinear` (ONNX DequantizeLinear-10 to -25): with one constant scale from the affine of
/// its input, otherwise with scales as operands.
pub(super) fn dequantize_linear(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    let input = importer.input(node, 0)?;
    let element = importer.graph.tensor(input).element;
    let Some(affine) = affine(importer, node, 1, element)? else {
        return quantize_along::dequantize_linear(importer, node);
    };
    node.expect_attributes(&["axis", "block_size", "output_dtype"])?;
    let input = read_as(importer, node, input, affine);
    importer.emit(node, Op::Dequantize, vec![input])
}

/// The integers with what they stand for; the same ones may be read in two ways.
fn read_as(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    integers: TensorId,
    affine: Affine,
) -> TensorId {
    let tensor = importer.graph.tensor(integers);
    let other = tensor.affine.is_some_and(|other| other != affine);
    let integers = if other {
        let kind = (tensor.element, tensor.shape.clone());
        let part = format!("view of {}", tensor.name);
        importer.part(node, &part, Op::Reshape, vec![integers], kind)
    } else {
        integers
    };
    importer.graph.tensors[integers.0].affine = Some(affine);
    integers
}

/// The scale and zero point that inputs `first` and the next one of a node are, where each is one constant
/// and the integers are of 8 bits.
fn affine(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    first: usize,
    integers: ElementType,
) -> Result<Option<Affine>, Refusal> {
    let scale = importer.float_input(node, first)?;
    let zero_point = match node.input(first + 1) {
        Some(_) => {
            let id = importer.input(node, first + 1)?;
            match importer.graph.tensor(id).values.as_ref() {
                Some(Values::I64(values)) => values.clone(),
                _ => return Ok(None),
            }
        }
        None => vec![0],
    };
    let (Some(&[scale]), &[zero_point]) = (importer.graph.constant_f32(scale), &zero_point[..])
    else {
        return Ok(None);
    };
    let has_affine = matches!(integers, ElementType::I8 | ElementType::U8);
    let zero_point = zero_point as i32;
    let affine = Affine { scale, zero_point };
    Ok((has_affine && scale.is_normal() && scale > 0.0).then_some(affine))
}

/// The integers behind the constants of a model that come out of a `DequantizeLinear`, also where they
/// are transposed after it, by the name of the output.
pub(super) fn dequantised_constants(
    graph: &pb::GraphProto,
    facts: &HashMap<String, Fact>,
) -> HashMap<String, Integers> {
    let mut known = HashMap::new();
    for node in &graph.node {
        let integers = match node.op_type.as_str() {
            "DequantizeLinear" => integers(node, facts),
            "Transpose" => transposed(node, facts, &known),
            _ => None,
        };
        if let (Some(integers), Some(output)) = (integers, node.output.first()) {
            known.insert(output.clone(), integers);
        }
    }
    known
}

fn transposed(
    node: &pb::NodeProto,
    facts: &HashMap<String, Fact>,
    known: &HashMap<String, Integers>,
) -> Option<Integers> {
    let input = node.input.first()?;
    let (integers, shape) = (known.get(input)?, facts.get(input)?.shape()?);
    let perm = node.attribute.iter().find(|a| a.name == "perm");
    let perm: Vec<usize> = match perm {
        Some(perm) => perm.ints.iter().map(|&axis| axis as usize).collect(),
        None => (0..shape.len()).rev().collect(),
    };
    let axis = perm.iter().position(|&axis| axis == integers.axis)?;
    if !(0..shape.len()).all(|axis| perm.contains(&axis)) || perm.len() != shape.len() {
        return None;
    }
    let order = Layout::new(shape, perm).onnx_indices();
    Some(Integers {
        values: order.iter().map(|&i| integers.values[i]).collect(),
        axis,
        ..integers.clone()
    })
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
