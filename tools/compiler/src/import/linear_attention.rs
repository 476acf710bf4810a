use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op};

/// `LinearAttention` (ONNX version 27): the update rule shows in whether decay and beta are given.
pub(super) fn linear_attention(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "chunk_size",
        "kv_num_heads",
        "q_num_heads",
        "scale",
        "update_rule",
    ])?;
    let heads = |name| usize::try_from(node.int(name, 0)).unwrap_or(0);
    let (query_heads, kv_heads) = (heads("q_num_heads"), heads("kv_num_heads"));
    let mut inputs = Vec::new();
    for index in 0..3 {
        inputs.push(importer.float_input(node, index)?);
    }
    let [query, _, value] = [0, 1, 2].map(|index| importer.graph.shape(inputs[index]).to_vec());
    let (&[batch, steps, query_size], &[_, _, value_size]) = (&query[..], &value[..]) else {
        return Err(Refusal::malformed(
            "its shapes do not fit its numbers of heads",
        ));
    };
    let fits = query_heads > 0
        && kv_heads > 0
        && query_heads.is_multiple_of(kv_heads)
        && query_size.is_multiple_of(query_heads)
        && value_size.is_multiple_of(kv_heads);
    if !fits {
        return Err(Refusal::malformed(
            "its shapes do not fit its numbers of heads",
        ));
    }
    let (key_size, value_size) = (query_size / query_heads, value_size / kv_heads);
    let mut given = [false; 3];
    for (index, given) in (3..).zip(&mut given) {
        *given = node.input(index).is_some();
        if *given {
            inputs.push(importer.float_input(node, index)?);
        }
    }
    let scale = node.optional_float("scale").filter(|&scale| scale != 0.0);
    let op = Op::LinearAttention {
        query_heads,
        scale: scale.unwrap_or(1.0 / (key_size as f32).sqrt()),
        given,
    };
    let result = [batch, steps, query_heads * value_size];
    let state = [batch, kv_heads, key_size, value_size];
    let outputs = [&result[..], &state].map(|shape| (ElementType::F32, shape));
    importer.define(node, op, inputs, &outputs)
}
