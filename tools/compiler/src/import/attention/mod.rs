//! `Attention` as products of matrices, a softmax and what lies between.

mod mask;

use cadet_kernels::unary;

use super::importer::Importer;
use super::matmul;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{ElementType, Op, SoftmaxKind, TensorId, Unary};
use mask::Window;

/// Which values the fourth output shows.
const SCALED: i64 = 0;
const SOFT_CAPPED: i64 = 1;
const MASKED: i64 = 2;
const PROBABILITIES: i64 = 3;

/// `Attention` (ONNX versions 23 to 25): query, key, value, mask, past key and value, valid lengths; outputs
/// result, present key and value, scores. Query heads that share a key head lie next to each other, so that
/// each group is one matrix of queries.
pub(super) fn attention(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "is_causal",
        "kv_num_heads",
        "left_window_size",
        "q_num_heads",
        "qk_matmul_output_mode",
        "right_window_size",
        "scale",
        "softcap",
        "softmax_precision",
    ])?;
    node.expect_outputs(4)?;
    let mut parts = Parts { importer, node };
    let (query_heads, kv_heads) = ("q_num_heads", "kv_num_heads");
    let (query, is_flat) = heads(&mut parts, 0, query_heads)?;
    let (key, _) = heads(&mut parts, 1, kv_heads)?;
    let (value, _) = heads(&mut parts, 2, kv_heads)?;
    let new_keys = parts.shape(key)[2];
    let key = with_past(&mut parts, key, 4, 1)?;
    let value = with_past(&mut parts, value, 5, 2)?;

    let [batch, heads, queries, size] = shape(&parts, query);
    let [_, kv_heads, keys, _] = shape(&parts, key);
    if kv_heads == 0 || heads % kv_heads != 0 {
        return Err(Refusal::malformed(format!(
            "{heads} query heads for {kv_heads} key heads"
        )));
    }
    let group = heads / kv_heads * queries;
    let scale = node.optional_float("scale");
    let scale = scale.unwrap_or(1.0 / (size as f32).sqrt());
    let query = parts.scaled("scaled", query, scale)?;
    let query = parts.reshaped(query, &[batch, kv_heads, group, size])?;
    let scores = product(&mut parts, [query, key], true)?;
    let mut scores = parts.reshaped(scores, &[batch, heads, queries, keys])?;
    show(&mut parts, SCALED, scores)?;
    let cap = node.float("softcap", 0.0);
    if cap > 0.0 {
        scores = parts.scaled("over cap", scores, 1.0 / cap)?;
        let tanh = Op::Unary(Unary::Plain(unary::Function::Tanh));
        let extents = parts.shape(scores);
        scores = parts.part("tanh", tanh, vec![scores], extents);
        scores = parts.scaled("capped", scores, cap)?;
    }
    show(&mut parts, SOFT_CAPPED, scores)?;
    let window = Window {
        causal: node.int("is_causal", 0) != 0,
        left: usize::try_from(node.int("left_window_size", -1)).ok(),
        right: usize::try_from(node.int("right_window_size", -1)).ok(),
        past: keys - new_keys,
    };
    let (scores, may_be_empty) = mask::apply(&mut parts, scores, &window)?;
    show(&mut parts, MASKED, scores)?;
    let kind = if may_be_empty {
        SoftmaxKind::Masked
    } else {
        SoftmaxKind::Soft
    };
    let extents = parts.shape(scores);
    let softmax = Op::Softmax { kind, axis: 3 };
    let probabilities = parts.part("probabilities", softmax, vec![scores], extents);
    show(&mut parts, PROBABILITIES, probabilities)?;
    let weights = parts.reshaped(probabilities, &[batch, kv_heads, group, keys])?;
    let result = product(&mut parts, [weights, value], false)?;
    let size = parts.shape(result)[3];
    let mut result = parts.reshaped(result, &[batch, heads, queries, size])?;
    if is_flat {
        let rows = parts.transposed("rows", result, &[0, 2, 1, 3]);
        result = parts.reshaped(rows, &[batch, queries, heads * size])?;
    }
    parts.give(0, result)
}

/// An input as `[batch, heads, length, size]`, and whether it was `[batch, length, heads * size]`.
fn heads(
    parts: &mut Parts<'_, '_>,
    index: usize,
    attribute: &str,
) -> Result<(TensorId, bool), Refusal> {
    let input = parts.importer.float_input(parts.node, index)?;
    match parts.shape(input)[..] {
        [_, _, _, _] => Ok((input, false)),
        [batch, length, size] => {
            let heads = usize::try_from(parts.node.int(attribute, 0)).unwrap_or(0);
            if heads == 0 || size % heads != 0 {
                return Err(Refusal::malformed(format!("{heads} heads of {size}")));
            }
            let split = parts.reshaped(input, &[batch, length, heads, size / heads])?;
            let part = format!("heads {index}");
            Ok((parts.transposed(&part, split, &[0, 2, 1, 3]), true))
        }
        ref shape => Err(Refusal::malformed(format!("input {index} is {shape:?}"))),
    }
}

/// Keys or values behind those of the past, which are an output, too, where the model names it.
fn with_past(
    parts: &mut Parts<'_, '_>,
    new: TensorId,
    past: usize,
    present: usize,
) -> Result<TensorId, Refusal> {
    let mut all = new;
    if parts.node.input(past).is_some() {
        let past = parts.importer.float_input(parts.node, past)?;
        if parts.shape(past).len() != 4 {
            return Err(Refusal::malformed("a past without four dimensions"));
        }
        all = parts.joined(&format!("present {present}"), vec![past, new], 2);
    }
    if parts.node.output(present).is_some() {
        parts.give(present, all)?;
    }
    Ok(all)
}

/// The product of the last two dimensions.
fn product(
    parts: &mut Parts<'_, '_>,
    inputs: [TensorId; 2],
    transposed: bool,
) -> Result<TensorId, Refusal> {
    let op = Op::MatMul {
        transposed: [false, transposed],
    };
    matmul::product(parts, op, inputs.to_vec(), ElementType::F32)
}

/// Gives the fourth output its values where `mode` is the one that the model asks for.
fn show(parts: &mut Parts<'_, '_>, mode: i64, scores: TensorId) -> Result<(), Refusal> {
    let asked = parts.node.int("qk_matmul_output_mode", SCALED);
    if parts.node.output(3).is_some() && asked == mode {
        parts.give(3, scores)?;
    }
    Ok(())
}

fn shape(parts: &Parts<'_, '_>, id: TensorId) -> [usize; 4] {
    let mut shape = [1; 4];
    for (slot, extent) in shape.iter_mut().zip(parts.shape(id)) {
        *slot = extent;
    }
    shape
}
