use cadet_format::ReduceFunction;
use cadet_kernels::binary::Comparison;
use cadet_kernels::pad::Mode;

use super::attention::Extents;
use super::binary::broadcast;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, ElementType, Movement, Op, TensorId};

/// What is added to the scores of an `Attention` node: minus infinity where a key is masked.
pub(super) struct Bias {
    /// The summand; broadcasts to the scores.
    pub(super) sum: TensorId,
    /// Whether every key is masked, for each query; `None` where that cannot be.
    pub(super) masked: Option<TensorId>,
}

/// Which keys a query may see by its place: those from `-left` to `+right` of it.
#[derive(Clone, Copy)]
struct Reach {
    left: Option<i64>,
    right: Option<i64>,
}

/// The bias of a node; `None` where it is 0.
pub(super) fn bias(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    extents: &Extents,
) -> Result<Option<Bias>, Refusal> {
    let window = |name| Some(node.int(name, -1)).filter(|&size| size >= 0);
    let mut reach = Reach {
        left: window("left_window_size"),
        right: window("right_window_size"),
    };
    if node.int("is_causal", 0) != 0 {
        reach.right = Some(0);
    }
    let mask = match node.input(3) {
        Some(_) => Some(mask(importer, node, extents)?),
        None => None,
    };
    let is_condition = |id: &TensorId, importer: &Importer| {
        importer.graph.tensor(*id).element == ElementType::Bool
    };
    let condition = mask.filter(|id| is_condition(id, importer));
    let mut sum = mask.filter(|id| !is_condition(id, importer));
    let mut conditions: Vec<TensorId> = condition.into_iter().collect();
    if node.input(6).is_some() {
        conditions.extend(filled(importer, node, extents, reach)?);
    } else if reach.left.is_some() || reach.right.is_some() {
        let places = within(importer, node, extents, reach);
        if sum.is_none() && conditions.is_empty() {
            let masked = dead_rows(importer, node, extents, places);
            return Ok(Some(Bias {
                sum: places,
                masked,
            }));
        }
        sum = Some(match sum {
            Some(mask) => {
                let op = Op::Add {
                    bounds: Bounds::NONE,
                };
                let shape = broadcast(importer, mask, places)?;
                let kind = (ElementType::F32, shape);
                importer.part(node, "mask", op, vec![mask, places], kind)
            }
            None => places,
        });
    }
    for condition in conditions {
        let open = match sum {
            Some(sum) => sum,
            None => importer.scalar(node, ElementType::F32, 0.0),
        };
        let closed = importer.scalar(node, ElementType::F32, f32::NEG_INFINITY);
        let kind = (ElementType::F32, broadcast(importer, condition, open)?);
        let inputs = vec![condition, open, closed];
        sum = Some(importer.part(node, "mask", Op::Select, inputs, kind));
    }
    let Some(sum) = sum else {
        return Ok(None);
    };
    let mut shape = importer.graph.shape(sum).to_vec();
    let Some(last) = shape.last_mut() else {
        return Err(Refusal::malformed("the mask is a scalar"));
    };
    *last = 1;
    let greatest = Op::Reduce {
        function: ReduceFunction::Max,
        axes: vec![shape.len() - 1],
    };
    let kind = (ElementType::F32, shape.clone());
    let greatest = importer.part(node, "greatest bias", greatest, vec![sum], kind);
    let lowest = importer.scalar(node, ElementType::F32, f32::NEG_INFINITY);
    let equal = Op::Compare(Comparison::Equal);
    let kind = (ElementType::Bool, shape);
    let masked = importer.part(node, "masked", equal, vec![greatest, lowest], kind);
    let masked = Some(masked);
    Ok(Some(Bias { sum, masked }))
}

/// The mask, which masks keys behind its end.
fn mask(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    extents: &Extents,
) -> Result<TensorId, Refusal> {
    let mask = importer.input_of(node, 3, &[ElementType::F32, ElementType::Bool])?;
    let tensor = importer.graph.tensor(mask);
    let (element, mut shape) = (tensor.element, tensor.shape.clone());
    let Some(last) = shape.last_mut().filter(|last| **last < extents.keys) else {
        return Ok(mask);
    };
    *last = extents.keys;
    let filling = match element {
        ElementType::F32 => f32::NEG_INFINITY,
        _ => 0.0,
    };
    let filling = importer.scalar(node, element, filling);
    let op = Op::Movement(Movement::Pad {
        mode: Mode::Constant,
        begin: vec![0; shape.len()],
    });
    Ok(importer.part(
        node,
        "padded mask",
        op,
        vec![mask, filling],
        (element, shape),
    ))
}

/// The bias by place, where the number of past keys is known.
fn within(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    extents: &Extents,
    reach: Reach,
) -> TensorId {
    let values = distances(extents).map(|(distance, _)| {
        let distance = distance - extents.past as i64;
        let is_near = reach.left.is_none_or(|left| -distance <= left)
            && reach.right.is_none_or(|right| distance <= right);
        if is_near { 0.0 } else { f32::NEG_INFINITY }
    });
    let name = format!("{} places", node.name());
    let shape = vec![extents.queries, extents.keys];
    importer.graph.add_constant(name, shape, values.collect())
}

/// Key less query, and key, of every pair.
fn distances(extents: &Extents) -> impl Iterator<Item = (i64, i64)> {
    let keys = extents.keys as i64;
    (0..extents.queries as i64).flat_map(move |query| (0..keys).map(move |key| (key - query, key)))
}

/// Rows of a constant bias that mask every key.
fn dead_rows(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    extents: &Extents,
    places: TensorId,
) -> Option<TensorId> {
    let values = importer.graph.constant_f32(places).unwrap_or(&[]);
    let rows = values.chunks(extents.keys);
    let dead = rows.map(|row| i64::from(row.iter().all(|&bias| bias == f32::NEG_INFINITY)));
    let dead: Vec<i64> = dead.collect();
    let shape = vec![extents.queries, 1];
    let name = format!("{} masked", node.name());
    dead.contains(&1)
        .then(|| importer.integer_constant(name, ElementType::Bool, shape, dead))
}

/// Conditions on the keys where input 6 says how many of each batch are filled; the last of them
/// belongs to the last query.
fn filled(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    extents: &Extents,
    reach: Reach,
) -> Result<Vec<TensorId>, Refusal> {
    if node.input(4).is_some() {
        return Err(Refusal::malformed("both past keys and their number"));
    }
    let lengths = importer.input_of(node, 6, &[ElementType::I64])?;
    let lengths = importer.reshaped(node, lengths, vec![extents.batch, 1, 1, 1])?;
    let queries = extents.queries as i64;
    // Query i is at i + length - queries.
    let least = distances(extents).map(|(distance, key)| {
        let reached = reach.right.map(|right| distance + queries - right);
        reached.map_or(key + 1, |reached| reached.max(key + 1))
    });
    let least: Vec<i64> = least.collect();
    let greatest = reach.left.map(|left| {
        let greatest = distances(extents).map(|(distance, _)| distance + queries + left);
        greatest.collect::<Vec<i64>>()
    });
    let mut condition = |part: &str, values: Vec<i64>, is_least: bool| {
        let shape = vec![1, 1, extents.queries, extents.keys];
        let name = format!("{} {part}", node.name());
        let bound = importer.integer_constant(name, ElementType::I64, shape, values);
        let inputs = if is_least {
            vec![bound, lengths]
        } else {
            vec![lengths, bound]
        };
        let shape = vec![extents.batch, 1, extents.queries, extents.keys];
        let op = Op::Compare(Comparison::LessOrEqual);
        importer.part(node, part, op, inputs, (ElementType::Bool, shape))
    };
    let mut conditions = vec![condition("least length", least, true)];
    conditions.extend(greatest.map(|greatest| condition("greatest length", greatest, false)));
    Ok(conditions)
}
