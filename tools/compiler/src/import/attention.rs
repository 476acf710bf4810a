use cadet_kernels::binary::Function;
use cadet_kernels::unary::Function as Plain;

use super::attention_bias::{Bias, bias};
use super::binary::broadcast;
use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, ElementType, Movement, Op, SoftmaxKind, TensorId, Unary};

/// Extents of an `Attention` node.
#[derive(Clone, Copy)]
pub(super) struct Extents {
    pub(super) batch: usize,
    pub(super) query_heads: usize,
    kv_heads: usize,
    /// Queries.
    pub(super) queries: usize,
    /// Keys in front of those that the node is given.
    pub(super) past: usize,
    /// Keys, the past ones included.
    pub(super) keys: usize,
    size: usize,
    value_size: usize,
}

/// `Attention` (ONNX versions 23 to 25) as products, a softmax and what lies between them. The queries of
/// all heads that share keys are rows of one matrix. The softmax is in f32 whatever `softmax_precision` says.
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
    let heads = ["q_num_heads", "kv_num_heads", "kv_num_heads"];
    let mut operands = [TensorId(0); 3];
    for (index, operand) in operands.iter_mut().enumerate() {
        let input = importer.float_input(node, index)?;
        *operand = by_head(importer, node, input, node.int(heads[index], 0))?;
    }
    let query = importer.input(node, 0)?;
    let is_merged = importer.graph.shape(query).len() == 3;
    let [query, mut key, mut value] = operands;
    if node.input(4).is_some() || node.input(5).is_some() {
        key = joined(importer, node, 4, key)?;
        value = joined(importer, node, 5, value)?;
    }
    let extents = extents(importer, node, [query, key, value])?;
    let bias = bias(importer, node, &extents)?;

    let scale = node.float("scale", 1.0 / (extents.size as f32).sqrt());
    let query = scaled(importer, node, "scaled query", query, scale);
    let product = product(importer, node, query, key, &extents)?;
    let mut scores = product;
    let cap = node.float("softcap", 0.0);
    if cap > 0.0 {
        scores = capped(importer, node, product, cap);
    }
    let capped = scores;
    if let Some(bias) = &bias {
        let shape = broadcast(importer, scores, bias.sum)?;
        let op = Op::Add {
            bounds: Bounds::NONE,
        };
        let kind = (ElementType::F32, shape);
        scores = importer.part(node, "biased", op, vec![scores, bias.sum], kind);
    }
    let weights = weights(importer, node, scores, bias.as_ref());
    let exposed = match node.int("qk_matmul_output_mode", 0) {
        0 => product,
        1 => capped,
        2 => scores,
        _ => weights,
    };
    let result = weighted(importer, node, weights, value, &extents, is_merged)?;
    for (index, id) in [result, key, value, exposed].into_iter().enumerate() {
        publish(importer, node, index, id)?;
    }
    Ok(())
}

/// `[batch, length, heads * size]` as `[batch, heads, length, size]`.
fn by_head(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    id: TensorId,
    heads: i64,
) -> Result<TensorId, Refusal> {
    let shape = importer.graph.shape(id).to_vec();
    let &[batch, length, size] = &shape[..] else {
        return Ok(id);
    };
    let heads = usize::try_from(heads).unwrap_or(0);
    if heads == 0 || !size.is_multiple_of(heads) {
        return Err(Refusal::malformed(format!("{heads} heads in {shape:?}")));
    }
    let split = vec![batch, length, heads, size / heads];
    let split = importer.reshaped(node, id, split)?;
    let kind = (ElementType::F32, vec![batch, heads, length, size / heads]);
    Ok(importer.part(node, "heads", swap(), vec![split], kind))
}

/// Exchanges the two dimensions in the middle.
fn swap() -> Op {
    Op::Transpose {
        perm: vec![0, 2, 1, 3],
    }
}

/// Keys or values behind those of the past, which are input `index`.
fn joined(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    index: usize,
    present: TensorId,
) -> Result<TensorId, Refusal> {
    let past = importer.float_input(node, index)?;
    let (first, second) = (importer.graph.shape(past), importer.graph.shape(present));
    let mut shape = second.to_vec();
    let fits = first.len() == 4
        && shape.len() == 4
        && (0..4).all(|axis| axis == 2 || first[axis] == second[axis]);
    if !fits {
        return Err(Refusal::malformed(format!("{first:?} joins {second:?}")));
    }
    shape[2] += first[2];
    let op = Op::Movement(Movement::Concat { axis: 2 });
    let kind = (ElementType::F32, shape);
    Ok(importer.part(node, "present", op, vec![past, present], kind))
}

fn extents(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    operands: [TensorId; 3],
) -> Result<Extents, Refusal> {
    let shapes = operands.map(|id| importer.graph.shape(id).to_vec());
    let [query, key, value] = &shapes;
    let malformed = || Refusal::malformed(format!("query, key and value are {shapes:?}"));
    let (
        &[batch, query_heads, queries, size],
        &[_, kv_heads, keys, key_size],
        &[_, _, _, value_size],
    ) = (&query[..], &key[..], &value[..])
    else {
        return Err(malformed());
    };
    let fits = key[..] == [batch, kv_heads, keys, size]
        && value[..] == [batch, kv_heads, keys, value_size]
        && key_size == size
        && kv_heads > 0
        && query_heads.is_multiple_of(kv_heads);
    if !fits || [batch, queries, keys, size, value_size].contains(&0) {
        return Err(malformed());
    }
    let past = match node.input(4) {
        // `joined` has seen to its rank.
        Some(name) => {
            let id = importer.tensor(name)?;
            importer.graph.shape(id)[2]
        }
        None => 0,
    };
    Ok(Extents {
        batch,
        query_heads,
        kv_heads,
        queries,
        past,
        keys,
        size,
        value_size,
    })
}

fn scaled(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    part: &str,
    id: TensorId,
    factor: f32,
) -> TensorId {
    let factor = importer.scalar(node, ElementType::F32, factor);
    let op = Op::Binary {
        function: Function::Mul,
        bounds: Bounds::NONE,
    };
    let kind = (ElementType::F32, importer.graph.shape(id).to_vec());
    importer.part(node, part, op, vec![id, factor], kind)
}

/// Every query by every key: `[batch, query_heads, queries, keys]`.
fn product(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    query: TensorId,
    key: TensorId,
    extents: &Extents,
) -> Result<TensorId, Refusal> {
    let Extents {
        batch,
        query_heads,
        kv_heads,
        queries,
        keys,
        size,
        ..
    } = *extents;
    let rows = query_heads / kv_heads * queries;
    let query = importer.reshaped(node, query, vec![batch, kv_heads, rows, size])?;
    let op = Op::MatMul {
        transposed: [false, true],
    };
    let kind = (ElementType::F32, vec![batch, kv_heads, rows, keys]);
    let scores = importer.part(node, "scores", op, vec![query, key], kind);
    importer.reshaped(node, scores, vec![batch, query_heads, queries, keys])
}

/// `cap * tanh(x / cap)`.
fn capped(importer: &mut Importer, node: &OnnxNode<'_>, id: TensorId, cap: f32) -> TensorId {
    let small = scaled(importer, node, "over the cap", id, 1.0 / cap);
    let kind = (ElementType::F32, importer.graph.shape(id).to_vec());
    let tanh = Op::Unary(Unary::Plain(Plain::Tanh));
    let bent = importer.part(node, "tanh", tanh, vec![small], kind);
    scaled(importer, node, "capped", bent, cap)
}

/// The softmax of each query's scores; 0 where its bias masks every key.
fn weights(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    scores: TensorId,
    bias: Option<&Bias>,
) -> TensorId {
    let shape = importer.graph.shape(scores).to_vec();
    let kind = (ElementType::F32, shape.clone());
    let op = Op::Softmax {
        kind: SoftmaxKind::Soft,
        axis: shape.len() - 1,
    };
    let weights = importer.part(node, "softmax", op, vec![scores], kind.clone());
    let Some(masked) = bias.and_then(|bias| bias.masked) else {
        return weights;
    };
    let zero = importer.scalar(node, ElementType::F32, 0.0);
    let inputs = vec![masked, zero, weights];
    importer.part(node, "weights", Op::Select, inputs, kind)
}

/// The values by their weights, in the form of the query that the node was given.
fn weighted(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    weights: TensorId,
    value: TensorId,
    extents: &Extents,
    is_merged: bool,
) -> Result<TensorId, Refusal> {
    let Extents {
        batch,
        query_heads,
        kv_heads,
        queries,
        keys,
        value_size,
        ..
    } = *extents;
    let rows = query_heads / kv_heads * queries;
    let weights = importer.reshaped(node, weights, vec![batch, kv_heads, rows, keys])?;
    let op = Op::MatMul {
        transposed: [false; 2],
    };
    let kind = (ElementType::F32, vec![batch, kv_heads, rows, value_size]);
    let result = importer.part(node, "result", op, vec![weights, value], kind);
    let result = importer.reshaped(node, result, vec![batch, query_heads, queries, value_size])?;
    if !is_merged {
        return Ok(result);
    }
    let kind = vec![batch, queries, query_heads, value_size];
    let kind = (ElementType::F32, kind);
    let rows = importer.part(node, "rows", swap(), vec![result], kind);
    importer.reshaped(node, rows, vec![batch, queries, query_heads * value_size])
}

/// Makes a tensor output `index`, where the model names it.
fn publish(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    index: usize,
    id: TensorId,
) -> Result<(), Refusal> {
    if node.output(index).is_some() {
        let shape = importer.graph.shape(id).to_vec();
        let output = importer.output(node, index, ElementType::F32, &shape)?;
        importer.push(node, Op::Reshape, vec![id], vec![output]);
    }
    Ok(())
}
