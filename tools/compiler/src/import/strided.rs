//! Operators that take the elements of their input in steps.

use super::axes::{axis, in_order};
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Digit, Movement, Op, Strides, TensorId};

/// Digits that a step has room for.
const MAX_DIGITS: usize = 8;

/// `Slice` with constant bounds.
pub(super) fn slice(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let (starts, ends) = (importer.integers(node, 1)?, importer.integers(node, 2)?);
    let axes = match node.input(3) {
        Some(_) => in_order(&importer.integers(node, 3)?, shape.len())?,
        None => (0..starts.len()).collect(),
    };
    let steps = match node.input(4) {
        Some(_) => importer.integers(node, 4)?,
        None => vec![1; starts.len()],
    };
    let counts = [starts.len(), ends.len(), axes.len(), steps.len()];
    if counts.iter().any(|&count| count != axes.len()) || steps.contains(&0) {
        return Err(Refusal::malformed(format!(
            "{counts:?} starts, ends, axes and steps"
        )));
    }
    let mut strides = Strides::identity(&shape);
    for (index, &axis) in axes.iter().enumerate() {
        let Some(&extent) = shape.get(axis) else {
            return Err(Refusal::malformed(format!("no axis {axis} in {shape:?}")));
        };
        let (start, count) = bounds(starts[index], ends[index], steps[index], extent as i64);
        strides.start[axis] = start;
        strides.digits[axis] = vec![Digit {
            extent: count,
            axis,
            step: steps[index] as isize,
        }];
    }
    emit(importer, node, 0, input, strides)
}

/// First index and number of indices of a slice of an axis, as ONNX clamps them.
fn bounds(start: i64, end: i64, step: i64, extent: i64) -> (usize, usize) {
    let from_end = |index: i64| {
        if index < 0 {
            index.saturating_add(extent)
        } else {
            index
        }
    };
    let (start, count) = if step > 0 {
        let start = from_end(start).clamp(0, extent);
        let end = from_end(end).clamp(0, extent);
        (
            start,
            (end - start).max(0).div_euclid(step) + i64::from((end - start).max(0) % step != 0),
        )
    } else {
        let start = from_end(start).clamp(0, (extent - 1).max(0));
        let end = from_end(end).clamp(-1, extent - 1);
        let span = (start - end).max(0);
        let step = step.unsigned_abs().min(i64::MAX as u64) as i64;
        (start, span / step + i64::from(span % step != 0))
    };
    (start as usize, count as usize)
}

/// `Split` into one copy for each output that is there.
pub(super) fn split(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "split", "num_outputs"])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let axis = axis(node.int("axis", 0), shape.len())?;
    let outputs = node.proto.output.len();
    let lengths = match (node.input(1), node.ints("split")) {
        (Some(_), _) => importer.integers(node, 1)?,
        (None, Some(split)) => split.to_vec(),
        (None, None) => {
            let each = shape[axis].div_ceil(outputs);
            let rest = |index| shape[axis].saturating_sub(index * each).min(each) as i64;
            (0..outputs).map(rest).collect()
        }
    };
    let total: i64 = lengths.iter().sum();
    if lengths.len() != outputs || total != shape[axis] as i64 || lengths.iter().any(|&l| l < 0) {
        return Err(Refusal::malformed(format!(
            "parts {lengths:?} of {}",
            shape[axis]
        )));
    }
    let mut start = 0;
    for (index, &length) in lengths.iter().enumerate() {
        let mut strides = Strides::identity(&shape);
        strides.start[axis] = start;
        strides.digits[axis][0].extent = length as usize;
        start += length as usize;
        if node.proto.output[index].is_empty() {
            continue;
        }
        emit(importer, node, index, input, strides)?;
    }
    Ok(())
}

/// `Expand` to a constant shape.
pub(super) fn expand(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let wanted = importer.sizes(node, 1)?;
    let rank = shape.len().max(wanted.len());
    let aligned = |shape: &[usize], axis: usize| {
        let missing = rank - shape.len();
        axis.checked_sub(missing).map_or(1, |axis| shape[axis])
    };
    let mut strides = Strides::identity(&shape);
    strides.digits.clear();
    for axis in 0..rank {
        let extents = [aligned(&shape, axis), aligned(&wanted, axis)];
        let (extent, step) = match extents {
            [1, extent] => (extent, 0),
            [extent, 1] => (extent, 1),
            [a, b] if a == b => (a, 1),
            _ => {
                return Err(Refusal::malformed(format!(
                    "{shape:?} does not expand to {wanted:?}"
                )));
            }
        };
        strides.digits.push(vec![Digit {
            extent,
            axis: axis.saturating_sub(rank - shape.len()),
            step,
        }]);
    }
    emit(importer, node, 0, input, strides)
}

/// `Tile` by constant repeats.
pub(super) fn tile(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input).to_vec();
    let repeats = importer.sizes(node, 1)?;
    if repeats.len() != shape.len() {
        return Err(Refusal::malformed(format!(
            "repeats {repeats:?} of {shape:?}"
        )));
    }
    let mut strides = Strides::identity(&shape);
    for (axis, (digits, extent)) in strides.digits.iter_mut().zip(repeats).enumerate() {
        let repeat = Digit {
            extent,
            axis,
            step: 0,
        };
        digits.insert(0, repeat);
    }
    emit(importer, node, 0, input, strides)
}

/// `DepthToSpace` of an image.
pub(super) fn depth_to_space(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let (input, [_, channels, height, width], block) = blocks(importer, node)?;
    if !channels.is_multiple_of(block * block) {
        return Err(Refusal::malformed(format!(
            "{channels} channels in blocks of {block}"
        )));
    }
    let depth = channels / (block * block);
    let digit = |extent, axis, step: usize| Digit {
        extent,
        axis,
        step: step as isize,
    };
    let (channel, row, column) = match node.string("mode") {
        "" | "DCR" => (1, block * depth, depth),
        "CRD" => (block * block, block, 1),
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    let mut strides = Strides::identity(importer.graph.shape(input));
    strides.digits[1] = vec![digit(depth, 1, channel)];
    strides.digits[2] = vec![digit(height, 2, 1), digit(block, 1, row)];
    strides.digits[3] = vec![digit(width, 3, 1), digit(block, 1, column)];
    emit(importer, node, 0, input, strides)
}

/// `SpaceToDepth` of an image.
pub(super) fn space_to_depth(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    let (input, [_, channels, height, width], block) = blocks(importer, node)?;
    if !height.is_multiple_of(block) || !width.is_multiple_of(block) {
        return Err(Refusal::malformed(format!(
            "{height} x {width} in blocks of {block}"
        )));
    }
    let digit = |extent, axis, step: usize| Digit {
        extent,
        axis,
        step: step as isize,
    };
    let channel = digit(channels, 1, 1);
    let (row, column) = (digit(block, 2, 1), digit(block, 3, 1));
    let mut strides = Strides::identity(importer.graph.shape(input));
    strides.digits[1] = match node.string("mode") {
        "" | "DCR" => vec![row, column, channel],
        "CRD" => vec![channel, row, column],
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    strides.digits[2] = vec![digit(height / block, 2, block)];
    strides.digits[3] = vec![digit(width / block, 3, block)];
    emit(importer, node, 0, input, strides)
}

/// The input, its four extents, and the size of a block.
fn blocks(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(TensorId, [usize; 4], usize), Refusal> {
    node.expect_attributes(&["blocksize", "mode"])?;
    let input = importer.input(node, 0)?;
    let shape = importer.graph.shape(input);
    let block = usize::try_from(node.int("blocksize", 0)).unwrap_or(0);
    match <[usize; 4]>::try_from(shape) {
        Ok(shape) if block > 0 => Ok((input, shape, block)),
        _ => Err(Refusal::malformed(format!(
            "blocks of {block} in {shape:?}"
        ))),
    }
}

/// Adds the copy that fills output `index`; nothing moves where that is the input.
pub(super) fn emit(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    index: usize,
    input: TensorId,
    strides: Strides,
) -> Result<(), Refusal> {
    let shape = strides.shape();
    let element = importer.graph.tensor(input).element;
    let output = importer.output(node, index, element, &shape)?;
    let op = copy(importer, input, strides)?;
    importer.push(node, op, vec![input], vec![output]);
    Ok(())
}

/// The operator that takes elements in steps.
pub(super) fn copy(importer: &Importer, input: TensorId, strides: Strides) -> Result<Op, Refusal> {
    if strides == Strides::identity(importer.graph.shape(input)) {
        return Ok(Op::Reshape);
    }
    if strides.len() > MAX_DIGITS {
        return Err(Refusal::new(
            format!("it moves along {} dimensions at once", strides.len()),
            "do it in two steps",
        ));
    }
    Ok(Op::Movement(Movement::Strides(strides)))
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn bounds_are_clamped_as_onnx_says() {
        assert_eq!(bounds(0, i64::MAX, 1, 5), (0, 5));
        assert_eq!(bounds(1, -1, 2, 5), (1, 2));
        assert_eq!(bounds(-9, 3, 1, 5), (0, 3));
        assert_eq!(bounds(7, 9, 1, 5), (5, 0));
        assert_eq!(bounds(-1, i64::MIN, -1, 5), (4, 5));
        assert_eq!(bounds(9, 0, -3, 5), (4, 2));
        assert_eq!(bounds(0, 3, 1, 0), (0, 0));
        assert_eq!(bounds(4, 0, i64::MIN, 5), (4, 1));
    }
}
