//! Operators that move elements.

use cadet_kernels::pad::Mode;

use super::axes::{axis, in_order};
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Movement, Op, TensorId};

/// `Concat`.
pub(super) fn concat(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let inputs = (0..node.proto.input.len()).map(|index| importer.input(node, index));
    let inputs: Vec<TensorId> = inputs.collect::<Result<_, _>>()?;
    let first = importer.input(node, 0)?;
    let mut shape = importer.graph.shape(first).to_vec();
    let axis = axis(node.int("axis", 0), shape.len())?;
    shape[axis] = 0;
    for &input in &inputs {
        let own = importer.graph.shape(input);
        let others = |shape: &[usize]| {
            let mut shape = shape.to_vec();
            shape[axis] = 0;
            shape
        };
        if own.len() != shape.len() || others(own) != others(&shape) {
            return Err(Refusal::malformed(format!("{own:?} joins {shape:?}")));
        }
        shape[axis] += own[axis];
    }
    let element = importer.graph.tensor(first).element;
    let output = importer.output(node, 0, element, &shape)?;
    let op = match inputs[..] {
        [_] => Op::Reshape,
        _ => Op::Movement(Movement::Concat { axis }),
    };
    importer.push(node, op, inputs, vec![output]);
    Ok(())
}

/// `Pad` by constant amounts.
pub(super) fn pad(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["mode"])?;
    let input = importer.input(node, 0)?;
    let rank = importer.graph.shape(input).len();
    let mode = match node.string("mode") {
        "" | "constant" => Mode::Constant,
        "reflect" => Mode::Reflect,
        "edge" => Mode::Edge,
        "wrap" => Mode::Wrap,
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    let pads = importer.integers(node, 1)?;
    let axes = match node.input(3) {
        Some(_) => in_order(&importer.integers(node, 3)?, rank)?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(Refusal::malformed(format!(
            "{} pads of {} axes",
            pads.len(),
            axes.len()
        )));
    }
    let (mut begin, mut end) = (vec![0; rank], vec![0; rank]);
    for (index, &axis) in axes.iter().enumerate() {
        begin[axis] = pads[index];
        end[axis] = pads[axes.len() + index];
    }
    let value = match node.input(2) {
        Some(_) if mode == Mode::Constant => Some(importer.input(node, 2)?),
        _ => None,
    };
    emit_pad(importer, node, input, mode, &begin, &end, value)
}

/// `CenterCropPad` to a constant shape.
pub(super) fn center_crop_pad(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axes"])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let wanted = importer.integers(node, 1)?;
    let axes = match node.ints("axes") {
        Some(axes) => in_order(axes, shape.len())?,
        None => (0..shape.len()).collect(),
    };
    if axes.len() != wanted.len() {
        return Err(Refusal::malformed(format!(
            "{wanted:?} along {} axes",
            axes.len()
        )));
    }
    let (mut begin, mut end) = (vec![0; shape.len()], vec![0; shape.len()]);
    for (&axis, &extent) in axes.iter().zip(&wanted) {
        let missing = extent - shape[axis] as i64;
        // Halves are rounded towards zero on both ways: what is odd goes to the end.
        begin[axis] = missing / 2;
        end[axis] = missing - missing / 2;
    }
    emit_pad(importer, node, input, Mode::Constant, &begin, &end, None)
}

fn emit_pad(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    input: TensorId,
    mode: Mode,
    begin: &[i64],
    end: &[i64],
    value: Option<TensorId>,
) -> Result<(), Refusal> {
    let tensor = importer.graph.tensor(input);
    let element = tensor.element;
    let extents = tensor.shape.iter().zip(begin.iter().zip(end));
    let shape = extents.map(|(&extent, (begin, end))| {
        let padded = (extent as i64).checked_add(*begin)?.checked_add(*end)?;
        usize::try_from(padded).ok()
    });
    let Some(shape) = shape.collect::<Option<Vec<usize>>>() else {
        return Err(Refusal::malformed(format!("pads {begin:?} and {end:?}")));
    };
    let output = importer.output(node, 0, element, &shape)?;
    let begin = begin.iter().map(|&begin| begin as isize).collect();
    let mut inputs = vec![input];
    if mode == Mode::Constant {
        // In int8 a zero that is not said would be the integer 0.
        inputs.push(match value {
            Some(value) => value,
            None => importer.scalar(node, element, 0.0),
        });
    }
    importer.push(
        node,
        Op::Movement(Movement::Pad { mode, begin }),
        inputs,
        vec![output],
    );
    Ok(())
}

/// `Trilu`.
pub(super) fn trilu(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["upper"])?;
    let input = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(input);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    if shape.len() < 2 {
        return Err(Refusal::malformed(format!("{shape:?} holds no matrix")));
    }
    let mut inputs = vec![input];
    if node.input(1).is_some() {
        inputs.push(importer.input_of(node, 1, &[ElementType::I64])?);
    }
    let output = importer.output(node, 0, element, &shape)?;
    let upper = node.int("upper", 1) != 0;
    importer.push(
        node,
        Op::Movement(Movement::Triangle { upper }),
        inputs,
        vec![output],
    );
    Ok(())
}

/// `ReverseSequence`.
pub(super) fn reverse_sequence(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["batch_axis", "time_axis"])?;
    let input = importer.input(node, 0)?;
    let lengths = importer.input_of(node, 1, &[ElementType::I64, ElementType::I32])?;
    let tensor = importer.graph.tensor(input);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let (batch, time) = (node.int("batch_axis", 1), node.int("time_axis", 0));
    if shape.len() < 2 || !matches!((batch, time), (0, 1) | (1, 0)) {
        return Err(Refusal::malformed(format!(
            "batch axis {batch} and time axis {time} of {shape:?}"
        )));
    }
    let output = importer.output(node, 0, element, &shape)?;
    let time_first = time == 0;
    let op = Op::Movement(Movement::ReverseSequence { time_first });
    importer.push(node, op, vec![input, lengths], vec![output]);
    Ok(())
}
