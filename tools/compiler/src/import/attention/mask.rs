use cadet_kernels::binary::{Comparison, Function};
use cadet_kernels::pad::Mode;

use super::{Parts, shape};
use crate::import::node::Refusal;
use crate::ir::{ElementType, Movement, Op, TensorId};

/// Inputs of `Attention` that mask.
const MASK: usize = 3;
const VALID_LENGTHS: usize = 6;

/// Which keys a query may see by its position.
pub(super) struct Window {
    /// None behind it.
    pub(super) causal: bool,
    /// So many before it.
    pub(super) left: Option<usize>,
    /// So many behind it.
    pub(super) right: Option<usize>,
    /// Number of keys before the first query.
    pub(super) past: usize,
}

impl Window {
    /// Distance of the last key that a query sees; negative ones lie before it.
    fn last(&self) -> Option<i64> {
        let right = self.right.map(|right| right as i64);
        if self.causal { Some(0) } else { right }
    }

    /// Whether query `i` sees key `j`.
    fn sees(&self, i: usize, j: usize) -> bool {
        let distance = j as i64 - (i + self.past) as i64;
        self.last().is_none_or(|last| distance <= last)
            && self.left.is_none_or(|left| -distance <= left as i64)
    }
}

/// Scores with minus infinity where a query may not see a key, and whether there may be queries that see
/// none.
pub(super) fn apply(
    parts: &mut Parts<'_, '_>,
    scores: TensorId,
    window: &Window,
) -> Result<(TensorId, bool), Refusal> {
    let [_, _, queries, keys] = shape(parts, scores);
    let (mut scores, mut may_be_empty) = (scores, false);
    if parts.node.input(VALID_LENGTHS).is_some() {
        scores = by_valid_lengths(parts, scores, window)?;
        may_be_empty = true;
    } else {
        let pairs = (0..queries).flat_map(|i| (0..keys).map(move |j| (i, j)));
        let seen: Vec<bool> = pairs.map(|(i, j)| window.sees(i, j)).collect();
        if seen.contains(&false) {
            let values = seen.iter().map(|&seen| i64::from(seen)).collect();
            let condition = constant(parts, ElementType::Bool, [queries, keys], values);
            scores = kept(parts, "seen", condition, scores);
            may_be_empty = seen.chunks(keys.max(1)).any(|row| !row.contains(&true));
        }
    }
    if parts.node.input(MASK).is_some() {
        scores = by_mask(parts, scores, keys)?;
        may_be_empty = true;
    }
    Ok((scores, may_be_empty))
}

/// By the mask that the model gives: what is added, or where to look.
fn by_mask(parts: &mut Parts<'_, '_>, scores: TensorId, keys: usize) -> Result<TensorId, Refusal> {
    let mut mask = parts.importer.input(parts.node, MASK)?;
    let mut extents = parts.shape(mask);
    let element = parts.importer.graph.tensor(mask).element;
    let rank = extents.len();
    if extents.last().is_some_and(|&length| length < keys) {
        let behind = match element {
            ElementType::F32 => f32::NEG_INFINITY,
            _ => 0.0,
        };
        let behind = parts.importer.scalar(parts.node, element, behind);
        let op = Op::Movement(Movement::Pad {
            mode: Mode::Constant,
            begin: vec![0; rank],
        });
        extents[rank - 1] = keys;
        let (inputs, kind) = (vec![mask, behind], (element, extents));
        mask = parts.importer.part(parts.node, "mask", op, inputs, kind);
    }
    match element {
        ElementType::F32 => parts.pair("masked", Function::Add, [scores, mask]),
        ElementType::Bool => Ok(kept(parts, "masked", mask, scores)),
        other => Err(Refusal::malformed(format!("a mask of {other:?}"))),
    }
}

/// By the number of keys that are valid in each sequence, of which the last ones belong to the queries: a
/// query sees a key where that number lies between two bounds.
fn by_valid_lengths(
    parts: &mut Parts<'_, '_>,
    scores: TensorId,
    window: &Window,
) -> Result<TensorId, Refusal> {
    let [batch, _, queries, keys] = shape(parts, scores);
    let lengths = parts.importer.input(parts.node, VALID_LENGTHS)?;
    let element = parts.importer.graph.tensor(lengths).element;
    let lengths = parts.reshaped(lengths, &[batch, 1, 1, 1])?;
    let bounds = |bound: &dyn Fn(i64, i64) -> i64| {
        // The key's place less the query's, if all keys were valid and the first query the first key.
        let pairs = (0..queries as i64).flat_map(|i| (0..keys as i64).map(move |j| (i, j)));
        pairs
            .map(|(i, j)| bound(j, j - i + queries as i64))
            .collect()
    };
    let least = bounds(&|key, shift| {
        let by_window = window.last().map(|last| shift - last);
        (key + 1).max(by_window.unwrap_or(0))
    });
    let least = constant(parts, element, [queries, keys], least);
    let mut scores = seen_where(parts, "valid", [least, lengths], scores)?;
    if let Some(left) = window.left {
        let greatest = bounds(&|_, shift| shift + left as i64);
        let greatest = constant(parts, element, [queries, keys], greatest);
        scores = seen_where(parts, "near", [lengths, greatest], scores)?;
    }
    Ok(scores)
}

/// Scores where `a <= b`.
fn seen_where(
    parts: &mut Parts<'_, '_>,
    part: &str,
    [a, b]: [TensorId; 2],
    scores: TensorId,
) -> Result<TensorId, Refusal> {
    let extents = super::super::binary::broadcast(parts.importer, a, b)?;
    let op = Op::Compare(Comparison::LessOrEqual);
    let (inputs, kind) = (vec![a, b], (ElementType::Bool, extents));
    let name = format!("{part} keys");
    let condition = parts.importer.part(parts.node, &name, op, inputs, kind);
    Ok(kept(parts, part, condition, scores))
}

/// Scores where a condition holds, minus infinity elsewhere.
fn kept(parts: &mut Parts<'_, '_>, part: &str, condition: TensorId, scores: TensorId) -> TensorId {
    let hidden = parts
        .importer
        .scalar(parts.node, ElementType::F32, f32::NEG_INFINITY);
    let extents = parts.shape(scores);
    parts.part(part, Op::Select, vec![condition, scores, hidden], extents)
}

fn constant(
    parts: &mut Parts<'_, '_>,
    element: ElementType,
    extents: [usize; 2],
    values: Vec<i64>,
) -> TensorId {
    let name = format!("{} keys", parts.node.name());
    parts
        .importer
        .integer_constant(name, element, extents.to_vec(), values)
}
