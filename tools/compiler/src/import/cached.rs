//! Operators of a decoder's pass, whose past is kept in the state.

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, State, Tensor, TensorId};

/// `Attention` (ONNX version 23) over a past: query, key and value `[1, tokens, heads * size]`.
pub(super) fn attention(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "context",
        "is_causal",
        "kv_num_heads",
        "q_num_heads",
        "qk_matmul_output_mode",
        "scale",
        "softcap",
        "softmax_precision",
    ])?;
    if node.int("is_causal", 0) != 1 || node.float("softcap", 0.0) != 0.0 {
        return Err(Refusal::new(
            "attention over a past is causal and has no soft cap",
            "export it with is_causal 1 and without softcap",
        ));
    }
    let [query, key, value] = [0, 1, 2].map(|index| importer.float_input(node, index));
    let (query, key, value) = (query?, key?, value?);
    let shape = importer.graph.shape(query).to_vec();
    let heads = |name: &str| usize::try_from(node.int(name, 0)).unwrap_or(0);
    let (query_heads, kv_heads) = (heads("q_num_heads"), heads("kv_num_heads"));
    let &[1, tokens, width] = &shape[..] else {
        return Err(Refusal::new(
            format!("the query is {shape:?}, not [1, tokens, heads * size]"),
            "export attention with three dimensions and the numbers of heads as attributes",
        ));
    };
    let size = width.checked_div(query_heads).unwrap_or(0);
    let kept = kv_heads.checked_mul(size).map(|kept| [1, tokens, kept]);
    let fits = |&id: &TensorId| kept.is_some_and(|kept| importer.graph.shape(id) == kept);
    if size * query_heads != width
        || kv_heads == 0
        || query_heads % kv_heads != 0
        || ![key, value].iter().all(fits)
    {
        return Err(Refusal::malformed(format!(
            "{query_heads} query heads and {kv_heads} others of queries {shape:?}, keys {:?} and values {:?}",
            importer.graph.shape(key),
            importer.graph.shape(value)
        )));
    }
    let context = heads("context");
    let scale = node.optional_float("scale");
    let scale = scale.unwrap_or(1.0 / (size as f32).sqrt());
    let mut state = |what: &str, shape: [usize; 3]| {
        let [before, after] = ["past", "present"].map(|when| {
            let name = format!("{} ({when} {what})", node.name());
            let tensor = Tensor::activation(name, ElementType::F32, shape.to_vec());
            importer.graph.add_tensor(tensor)
        });
        importer.graph.states.push(State {
            before,
            after,
            initial: None,
        });
        (before, after)
    };
    let (past_keys, keys) = state("keys", [kv_heads, size, context]);
    let (past_values, values) = state("values", [kv_heads, context, size]);
    let result = importer.output(node, 0, ElementType::F32, &shape)?;
    let scratch = importer.scratch(node, vec![context]);
    importer.push(
        node,
        Op::CachedAttention { query_heads, scale },
        vec![query, key, value, past_keys, past_values],
        vec![result, keys, values, scratch],
    );
    Ok(())
}

/// `RotaryEmbedding` (ONNX version 23) at the run's position: input `[1, tokens, heads * size]`, tables of cosines and
/// sines.
pub(super) fn rotary_embedding(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&["interleaved", "num_heads", "rotary_embedding_dim"])?;
    let input = importer.float_input(node, 0)?;
    let tables = [1, 2].map(|index| importer.constant_input(node, index));
    let [cosines, sines] = tables;
    let (cosines, sines) = (cosines?, sines?);
    let shape = importer.graph.shape(input).to_vec();
    let heads = usize::try_from(node.int("num_heads", 0)).unwrap_or(0);
    let turned = usize::try_from(node.int("rotary_embedding_dim", 0)).unwrap_or(0);
    let table = importer.graph.shape(cosines).to_vec();
    let &[1, _, width] = &shape[..] else {
        return Err(Refusal::new(
            format!("the input is {shape:?}, not [1, tokens, heads * size]"),
            "export it with three dimensions and num_heads",
        ));
    };
    let size = width.checked_div(heads).unwrap_or(0);
    let turned = if turned == 0 { size } else { turned };
    let fits = size * heads == width
        && turned > 0
        && turned <= size
        && matches!(table[..], [_, pairs] if 2 * pairs == turned)
        && importer.graph.shape(sines) == table;
    if !fits {
        return Err(Refusal::malformed(format!(
            "{heads} heads of an input {shape:?} and tables {table:?}"
        )));
    }
    let is_interleaved = node.int("interleaved", 0) != 0;
    let op = Op::Rotary {
        heads,
        is_interleaved,
    };
    importer.define(
        node,
        op,
        vec![input, cosines, sines],
        &[(ElementType::F32, &shape)],
    )
}
