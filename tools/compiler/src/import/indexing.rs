//! Operators whose inputs say where elements lie.

use cadet_format::Reduction;

use super::axes::axis;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use super::strided;
use crate::ir::{ElementType, Movement, Op, Strides, TensorId, Values};

/// Types of indices that kernels read.
const INDICES: [ElementType; 2] = [ElementType::I64, ElementType::I32];

/// `Gather`: constant indices in steps are a copy in steps.
pub(super) fn gather(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let data = importer.input(node, 0)?;
    let indices = importer.input_of(node, 1, &INDICES)?;
    let tensor = importer.graph.tensor(data);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let axis = axis(node.int("axis", 0), shape.len())?;
    let index_shape = importer.graph.shape(indices).to_vec();
    let output_shape = [&shape[..axis], &index_shape, &shape[axis + 1..]].concat();
    let output = importer.output(node, 0, element, &output_shape)?;
    let mut flat_shape = shape.clone();
    flat_shape[axis] = index_shape.iter().product();
    let constant = constant_indices(importer, indices, shape[axis])?;
    let mut strides = Strides::identity(&shape);
    let steps = constant.and_then(|indices| strides.select(axis, &indices));
    let (op, inputs) = match steps {
        Some(()) => (strided::copy(importer, data, strides)?, vec![data]),
        None => {
            let len = index_shape.iter().product();
            let list = importer.reshaped(node, indices, vec![len])?;
            (Op::Movement(Movement::Gather { axis }), vec![data, list])
        }
    };
    if flat_shape == output_shape {
        importer.push(node, op, inputs, vec![output]);
    } else {
        let flat = importer.part(node, "flat", op, inputs, (element, flat_shape));
        importer.push(node, Op::Reshape, vec![flat], vec![output]);
    }
    Ok(())
}

/// The values of constant indices on an axis, counted from its start.
fn constant_indices(
    importer: &Importer,
    indices: TensorId,
    extent: usize,
) -> Result<Option<Vec<usize>>, Refusal> {
    let Some(Values::I64(values)) = &importer.graph.tensor(indices).values else {
        return Ok(None);
    };
    let from_start = |&index: &i64| {
        let index = if index < 0 {
            index.checked_add(extent as i64)?
        } else {
            index
        };
        usize::try_from(index).ok().filter(|&index| index < extent)
    };
    match values
        .iter()
        .map(from_start)
        .collect::<Option<Vec<usize>>>()
    {
        Some(values) => Ok(Some(values)),
        None => Err(Refusal::malformed(format!("an index outside 0..{extent}"))),
    }
}

/// `Compress` with a constant condition.
pub(super) fn compress(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let mut data = importer.input(node, 0)?;
    let condition = importer.integers(node, 1)?;
    let axis = match node.optional_int("axis") {
        Some(index) => axis(index, importer.graph.shape(data).len())?,
        None => {
            let len = importer.graph.tensor(data).len();
            data = importer.reshaped(node, data, vec![len])?;
            0
        }
    };
    let tensor = importer.graph.tensor(data);
    let (element, mut shape) = (tensor.element, tensor.shape.clone());
    let chosen = condition.iter().zip(0_usize..);
    let chosen: Vec<usize> = chosen.filter(|&(&c, _)| c != 0).map(|(_, i)| i).collect();
    if chosen.iter().any(|&index| index >= shape[axis]) {
        return Err(Refusal::malformed(format!(
            "a condition beyond 0..{}",
            shape[axis]
        )));
    }
    let mut strides = Strides::identity(&shape);
    shape[axis] = chosen.len();
    let output = importer.output(node, 0, element, &shape)?;
    let (op, inputs) = match strides.select(axis, &chosen) {
        Some(()) => (strided::copy(importer, data, strides)?, vec![data]),
        None => {
            let indices = importer.indices(node, &chosen);
            (Op::Movement(Movement::Gather { axis }), vec![data, indices])
        }
    };
    importer.push(node, op, inputs, vec![output]);
    Ok(())
}

/// `GatherElements`.
pub(super) fn gather_elements(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let data = importer.input(node, 0)?;
    let indices = importer.input_of(node, 1, &INDICES)?;
    let element = importer.graph.tensor(data).element;
    let shape = importer.graph.shape(indices).to_vec();
    let axis = axis(node.int("axis", 0), shape.len())?;
    let output = importer.output(node, 0, element, &shape)?;
    let op = Op::Movement(Movement::GatherElements { axis });
    importer.push(node, op, vec![data, indices], vec![output]);
    Ok(())
}

/// `GatherND`.
pub(super) fn gather_nd(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["batch_dims"])?;
    let data = importer.input(node, 0)?;
    let indices = importer.input_of(node, 1, &INDICES)?;
    let tensor = importer.graph.tensor(data);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let index_shape = importer.graph.shape(indices).to_vec();
    let batch = usize::try_from(node.int("batch_dims", 0)).unwrap_or(usize::MAX);
    let tuples = index_shape
        .split_last()
        .filter(|(_, tuples)| batch <= tuples.len());
    let slice = tuples.and_then(|(&depth, _)| shape.get(batch.checked_add(depth)?..));
    let (Some((_, tuples)), Some(slice)) = (tuples, slice) else {
        return Err(Refusal::malformed(format!(
            "indices {index_shape:?} of {shape:?}"
        )));
    };
    let output = importer.output(node, 0, element, &[tuples, slice].concat())?;
    let op = Op::Movement(Movement::GatherNd { batch });
    importer.push(node, op, vec![data, indices], vec![output]);
    Ok(())
}

/// `ScatterElements`, and `Scatter` as it was called before.
pub(super) fn scatter_elements(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "reduction"])?;
    let data = importer.input(node, 0)?;
    let rank = importer.graph.shape(data).len();
    let (axis, reduction) = (axis(node.int("axis", 0), rank)?, reduction(node)?);
    let op = Movement::ScatterElements { axis, reduction };
    scatter(importer, node, op)
}

/// `ScatterND`.
pub(super) fn scatter_nd(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["reduction"])?;
    let reduction = reduction(node)?;
    scatter(importer, node, Movement::ScatterNd { reduction })
}

fn scatter(importer: &mut Importer, node: &OnnxNode<'_>, op: Movement) -> Result<(), Refusal> {
    let data = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(data);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let indices = importer.input_of(node, 1, &INDICES)?;
    let updates = importer.input_of(node, 2, &[element])?;
    let output = importer.output(node, 0, element, &shape)?;
    let inputs = vec![data, indices, updates];
    importer.push(node, Op::Movement(op), inputs, vec![output]);
    Ok(())
}

fn reduction(node: &OnnxNode<'_>) -> Result<Reduction, Refusal> {
    match node.string("reduction") {
        "" | "none" => Ok(Reduction::None),
        "add" => Ok(Reduction::Add),
        "mul" => Ok(Reduction::Mul),
        "min" => Ok(Reduction::Min),
        "max" => Ok(Reduction::Max),
        other => Err(Refusal::malformed(format!("reduction {other}"))),
    }
}

/// `TensorScatter`.
pub(super) fn tensor_scatter(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis", "mode"])?;
    let cache = importer.input(node, 0)?;
    let tensor = importer.graph.tensor(cache);
    let (element, shape) = (tensor.element, tensor.shape.clone());
    let axis = axis(node.int("axis", -2), shape.len())?;
    let circular = match node.string("mode") {
        "" | "linear" => false,
        "circular" => true,
        mode => return Err(Refusal::malformed(format!("mode {mode}"))),
    };
    if axis == 0 {
        return Err(Refusal::malformed("the rows of a cache in its batch axis"));
    }
    let mut inputs = vec![cache, importer.input_of(node, 1, &[element])?];
    if node.input(2).is_some() {
        inputs.push(importer.input_of(node, 2, &INDICES)?);
    }
    let output = importer.output(node, 0, element, &shape)?;
    let op = Op::Movement(Movement::TensorScatter { axis, circular });
    importer.push(node, op, inputs, vec![output]);
    Ok(())
}

/// `OneHot` of a constant depth.
pub(super) fn one_hot(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["axis"])?;
    let indices = importer.input_of(
        node,
        0,
        &[ElementType::I64, ElementType::I32, ElementType::F32],
    )?;
    let depth = importer.input(node, 1)?;
    let depth = match &importer.graph.tensor(depth).values {
        Some(Values::I64(values)) => values.first().copied(),
        Some(Values::F32(values)) => values.first().map(|&depth| depth as i64),
        None => None,
    };
    let depth = depth.and_then(|depth| usize::try_from(depth).ok());
    let depth = depth.ok_or_else(|| {
        Refusal::new(
            "its depth is computed at run time",
            "make it a constant of the model",
        )
    })?;
    let values = importer.input(node, 2)?;
    let element = importer.graph.tensor(values).element;
    let mut shape = importer.graph.shape(indices).to_vec();
    let axis = axis(node.int("axis", -1), shape.len() + 1)?;
    shape.insert(axis, depth);
    let output = importer.output(node, 0, element, &shape)?;
    let op = Op::Movement(Movement::OneHot { axis });
    importer.push(node, op, vec![indices, values], vec![output]);
    Ok(())
}
