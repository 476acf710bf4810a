use cadet_format::DftDirection;

use super::axes::axis;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op};

/// `Det` (ONNX versions 11 to 22).
pub(super) fn determinant(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let [batch @ .., rows, columns] = &shape[..] else {
        return Err(Refusal::malformed("it needs a matrix"));
    };
    if rows != columns {
        return Err(Refusal::malformed("it needs a square matrix"));
    }
    let output = importer.output(node, 0, ElementType::F32, batch)?;
    let scratch = importer.scratch(node, vec![*rows, *rows]);
    importer.push(node, Op::Determinant, vec![input], vec![output, scratch]);
    Ok(())
}

/// `DFT` (ONNX versions 17, with its axis as an attribute, and 20, as an input).
pub(super) fn dft(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "inverse", "onesided"])?;
    let input = importer.float_input(node, 0)?;
    let mut shape = importer.graph.shape(input).to_vec();
    let given = scalar(importer, node, 2)?;
    let default = if node.opset < 20 { 1 } else { -2 };
    let axis = axis(given.unwrap_or(node.int("axis", default)), shape.len())?;
    let components = shape.len().saturating_sub(1);
    if axis == components {
        return Err(Refusal::malformed("it needs an axis before the components"));
    }
    let (inverse, onesided) = (node.int("inverse", 0) != 0, node.int("onesided", 0) != 0);
    let direction = match (inverse, onesided) {
        (false, _) => DftDirection::Forward,
        (true, false) => DftDirection::Inverse,
        (true, true) => DftDirection::InverseHermitian,
    };
    let default = match direction {
        DftDirection::InverseHermitian => 2 * shape[axis].saturating_sub(1),
        _ => shape[axis],
    };
    let length = size(scalar(importer, node, 1)?, default)?;
    shape[axis] = if direction == DftDirection::Forward && onesided {
        length / 2 + 1
    } else {
        length
    };
    shape[components] = if direction == DftDirection::InverseHermitian {
        1
    } else {
        2
    };
    let op = Op::Dft {
        axis,
        direction,
        length,
        hop: 0,
    };
    importer.define(node, op, vec![input], &[(ElementType::F32, &shape)])
}

/// `STFT` (ONNX version 17) with a constant window.
pub(super) fn stft(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["onesided"])?;
    let input = importer.float_input(node, 0)?;
    let &[batch, signal, _] = importer.graph.shape(input) else {
        return Err(Refusal::malformed(
            "it needs a signal [batch, length, components]",
        ));
    };
    let mut inputs = vec![input];
    let mut default = signal;
    if node.input(2).is_some() {
        let window = importer.constant_input(node, 2)?;
        default = importer.graph.tensor(window).len();
        inputs.push(window);
    }
    let length = size(scalar(importer, node, 3)?, default)?;
    let hop = size(scalar(importer, node, 1)?, 0)?;
    if length > signal || inputs.len() > 1 && length != default {
        return Err(Refusal::malformed(
            "it needs frames within the signal, as long as their window",
        ));
    }
    let bins = if node.int("onesided", 1) != 0 {
        length / 2 + 1
    } else {
        length
    };
    let frames = (signal - length) / hop + 1;
    let shape = [batch, frames, bins, 2];
    let op = Op::Dft {
        axis: 1,
        direction: DftDirection::Forward,
        length,
        hop,
    };
    importer.define(node, op, inputs, &[(ElementType::F32, &shape)])
}

/// The value of a constant input of one element, where it is given.
fn scalar(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    index: usize,
) -> Result<Option<i64>, Refusal> {
    if node.input(index).is_none() {
        return Ok(None);
    }
    match importer.integers(node, index)?[..] {
        [value] => Ok(Some(value)),
        _ => Err(Refusal::malformed("it needs scalar parameters")),
    }
}

/// A positive number.
fn size(given: Option<i64>, default: usize) -> Result<usize, Refusal> {
    let size = given.map_or(Some(default), |value| usize::try_from(value).ok());
    size.filter(|&size| size > 0)
        .ok_or_else(|| Refusal::malformed("it needs positive lengths"))
}
