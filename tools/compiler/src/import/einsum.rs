//! `Einsum` as reductions, permutations and products of matrices.

use cadet_format::ReduceFunction;

use super::dense;
use super::importer::Importer;
use super::matmul;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{ElementType, Op, TensorId};

/// What stands for the dimensions of an ellipsis: `'0'` and up, which no equation can name.
const ELLIPSIS: std::ops::RangeInclusive<u8> = b'0'..=b'9';

/// A tensor and the label of each of its dimensions.
struct Term {
    id: TensorId,
    labels: Vec<u8>,
}

/// `Einsum` (ONNX version 12) without a label twice in one term.
pub(super) fn einsum(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["equation"])?;
    let mut parts = Parts { importer, node };
    let (terms, output) = terms(&mut parts)?;
    let mut terms = terms.into_iter();
    let mut so_far = terms.next().ok_or_else(|| Refusal::malformed("no terms"))?;
    while let Some(next) = terms.next() {
        let is_wanted = |label: &u8| {
            let mut others = terms.as_slice().iter().map(|term| &term.labels);
            output.contains(label) || others.any(|labels| labels.contains(label))
        };
        so_far = multiplied(&mut parts, so_far, next, is_wanted)?;
    }
    let mut result = summed(&mut parts, so_far, |label| output.contains(label))?;
    result = ordered(&mut parts, result, &output)?;
    parts.give(0, result.id)
}

/// The terms of the equation with their tensors, and the labels of the output.
fn terms(parts: &mut Parts<'_, '_>) -> Result<(Vec<Term>, Vec<u8>), Refusal> {
    let equation: String = parts.node.string("equation").split_whitespace().collect();
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (&equation[..], None),
    };
    let mut terms = Vec::new();
    for (index, term) in inputs.split(',').enumerate() {
        let id = parts.importer.float_input(parts.node, index)?;
        let rank = parts.shape(id).len();
        let named = term.replace("...", "").len();
        let ellipsis = rank.saturating_sub(named).min(ELLIPSIS.len());
        let labels = labels(term, ellipsis);
        let is_repeated = (1..labels.len()).any(|at| labels[..at].contains(&labels[at]));
        if labels.len() != rank || is_repeated {
            return Err(Refusal::new(
                format!("the term `{term}` of {:?}", parts.shape(id)),
                "name each dimension once",
            ));
        }
        terms.push(Term { id, labels });
    }
    if terms.len() != parts.node.proto.input.len() {
        return Err(Refusal::malformed(format!("{} terms", terms.len())));
    }
    let all = || terms.iter().flat_map(|term| &term.labels);
    let ellipsis = all().filter(|label| ELLIPSIS.contains(label)).max();
    let ellipsis = ellipsis.map_or(0, |last| usize::from(last - ELLIPSIS.start()) + 1);
    let output = match output {
        Some(output) => labels(output, ellipsis),
        // Those that occur once, in alphabetical order, behind the ellipsis.
        None => {
            let once = |label: &u8| all().filter(|&other| other == label).count() == 1;
            let is_kept = |label: &&u8| ELLIPSIS.contains(label) || once(label);
            let mut kept: Vec<u8> = all().filter(is_kept).copied().collect();
            kept.sort_unstable();
            kept.dedup();
            kept
        }
    };
    let is_known = |label: &u8| all().any(|other| other == label);
    if !output.iter().all(is_known) {
        return Err(Refusal::malformed(format!("the equation `{equation}`")));
    }
    Ok((terms, output))
}

/// A term's labels, where an ellipsis stands for so many dimensions: the last ones of the longest.
fn labels(term: &str, ellipsis: usize) -> Vec<u8> {
    let dots: String = ELLIPSIS.take(ellipsis).map(char::from).collect();
    term.replace("...", &dots).into_bytes()
}

/// The product of two terms; labels that nothing wants any more are summed over.
fn multiplied(
    parts: &mut Parts<'_, '_>,
    a: Term,
    b: Term,
    is_wanted: impl Fn(&u8) -> bool,
) -> Result<Term, Refusal> {
    let (of_a, of_b) = (a.labels.clone(), b.labels.clone());
    let a = summed(parts, a, |label| is_wanted(label) || of_b.contains(label))?;
    let b = summed(parts, b, |label| is_wanted(label) || of_a.contains(label))?;
    let extents = |parts: &Parts<'_, '_>, term: &Term, labels: &[u8]| {
        let shape = parts.shape(term.id);
        let extent = |label| Some(shape[term.labels.iter().position(|l| l == label)?]);
        labels.iter().filter_map(extent).collect::<Vec<usize>>()
    };
    let (shared, rows): (Vec<u8>, _) = a.labels.iter().partition(|&l| b.labels.contains(l));
    let columns: Vec<u8> = b
        .labels
        .iter()
        .filter(|l| !shared.contains(l))
        .copied()
        .collect();
    let (batch, depth): (Vec<u8>, Vec<u8>) = shared.iter().partition(|&label| is_wanted(label));
    if extents(parts, &a, &shared) != extents(parts, &b, &shared) {
        return Err(Refusal::new(
            "terms whose dimensions differ under one label",
            "expand them before the Einsum",
        ));
    }
    let [batches, m, k] = [&batch, &rows, &depth].map(|labels| extents(parts, &a, labels));
    let n = extents(parts, &b, &columns);
    let count = |extents: &[usize]| extents.iter().product::<usize>();
    let left = ordered(parts, a, &[&batch[..], &rows, &depth].concat())?;
    let left = parts.reshaped(left.id, &[count(&batches), count(&m), count(&k)])?;
    let is_layer = batch.is_empty() && parts.importer.graph.is_constant(b.id);
    let right = ordered(parts, b, &[&batch[..], &depth, &columns].concat())?;
    let product = if is_layer {
        let right = parts.reshaped(right.id, &[count(&k), count(&n)])?;
        dense::layer(parts, left, right)?
    } else {
        let right = parts.reshaped(right.id, &[count(&batches), count(&k), count(&n)])?;
        let op = Op::MatMul {
            transposed: [false; 2],
        };
        matmul::product(parts, op, vec![left, right], ElementType::F32)?
    };
    Ok(Term {
        id: parts.reshaped(product, &[batches, m, n].concat())?,
        labels: [batch, rows, columns].concat(),
    })
}

/// A term summed over the labels that are not kept.
fn summed(
    parts: &mut Parts<'_, '_>,
    term: Term,
    is_kept: impl Fn(&u8) -> bool,
) -> Result<Term, Refusal> {
    let places = term.labels.iter().enumerate();
    let axes: Vec<usize> = places
        .filter(|(_, label)| !is_kept(label))
        .map(|(axis, _)| axis)
        .collect();
    if axes.is_empty() {
        return Ok(term);
    }
    let mut shape = parts.shape(term.id);
    for &axis in &axes {
        shape[axis] = 1;
    }
    let labels: Vec<u8> = term.labels.iter().copied().filter(is_kept).collect();
    let kept = shape.iter().enumerate();
    let kept = kept.filter(|(axis, _)| !axes.contains(axis));
    let kept: Vec<usize> = kept.map(|(_, &extent)| extent).collect();
    let op = Op::Reduce {
        function: ReduceFunction::Sum,
        axes,
    };
    let sum = parts.part("sum", op, vec![term.id], shape);
    let id = parts.reshaped(sum, &kept)?;
    Ok(Term { id, labels })
}

/// A term with its dimensions in the order of `labels`.
fn ordered(parts: &mut Parts<'_, '_>, term: Term, labels: &[u8]) -> Result<Term, Refusal> {
    if term.labels == labels {
        return Ok(term);
    }
    let place = |label| term.labels.iter().position(|other| other == label);
    let perm: Option<Vec<usize>> = labels.iter().map(place).collect();
    let perm = perm.filter(|perm| perm.len() == term.labels.len());
    let perm = perm.ok_or_else(|| Refusal::malformed("an output label of no term"))?;
    Ok(Term {
        id: parts.transposed("transposed", term.id, &perm),
        labels: labels.to_vec(),
    })
}
