use cadet_kernels::binary::Function;

use super::importer::Importer;
use super::matmul;
use super::node::{OnnxNode, Refusal};
use super::parts::Parts;
use crate::ir::{Bounds, ElementType, Op, TensorId};

const DENSE: Op = Op::FullyConnected {
    bounds: Bounds::NONE,
};

/// `MatMul`; by a constant matrix, input `[.., k]`, weights `[k, n]`, it is a layer.
pub(super) fn mat_mul(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.float_input(node, 1)?;
    let is_layer = importer.graph.is_constant(weights)
        && importer.graph.shape(weights).len() == 2
        && !importer.graph.is_constant(input);
    if !is_layer {
        return matmul::mat_mul(importer, node);
    }
    let mut parts = Parts { importer, node };
    let product = layer(&mut parts, input, weights)?;
    parts.give(0, product)
}

/// An activation `[.., k]` by a constant `[k, n]`.
pub(super) fn layer(
    parts: &mut Parts<'_, '_>,
    input: TensorId,
    weights: TensorId,
) -> Result<TensorId, Refusal> {
    check_depth(parts.importer, input, weights, 0)?;
    let weights = matrix(parts.importer, weights, false, 1.0);
    let mut shape = parts.shape(input);
    shape.pop();
    shape.push(parts.shape(weights)[0]);
    Ok(parts.part("product", DENSE, vec![input, weights], shape))
}

/// `Gemm`: `alpha * a * b + beta * c`, a layer where b is constant (ONNX Gemm-7 to -13).
pub(super) fn gemm(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["alpha", "beta", "transA", "transB"])?;
    let transposed = ["transA", "transB"].map(|name| node.int(name, 0) != 0);
    let (alpha, beta) = (node.float("alpha", 1.0), node.float("beta", 1.0));
    let (a, b) = (
        importer.float_input(node, 0)?,
        importer.float_input(node, 1)?,
    );
    let mut summand = match node.input(2) {
        Some(_) => Some(importer.float_input(node, 2)?),
        None => None,
    };
    let mut parts = Parts { importer, node };
    let is_layer = parts.importer.graph.is_constant(b) && !parts.importer.graph.is_constant(a);
    let mut result = if is_layer {
        let input = match transposed[0] {
            true => parts.transposed("rows", a, &[1, 0]),
            false => a,
        };
        check_depth(parts.importer, input, b, usize::from(transposed[1]))?;
        let weights = matrix(parts.importer, b, transposed[1], alpha);
        let mut inputs = vec![input, weights];
        let outputs = parts.shape(weights)[0];
        if let Some(bias) = summand.and_then(|c| bias_row(parts.importer, c, outputs, beta)) {
            inputs.push(bias);
            summand = None;
        }
        let rows = parts.shape(input)[0];
        parts.part("product", DENSE, inputs, vec![rows, outputs])
    } else {
        let op = Op::MatMul { transposed };
        let product = matmul::product(&mut parts, op, vec![a, b], ElementType::F32)?;
        parts.scaled("scaled", product, alpha)?
    };
    if let Some(summand) = summand {
        let summand = parts.scaled("summand", summand, beta)?;
        result = parts.pair("sum", Function::Add, [result, summand])?;
    }
    parts.give(0, result)
}

fn check_depth(
    importer: &Importer,
    input: TensorId,
    weights: TensorId,
    depth_axis: usize,
) -> Result<(), Refusal> {
    let (x, w) = (importer.graph.shape(input), importer.graph.shape(weights));
    if w.len() == 2 && !x.is_empty() && x[x.len() - 1] == w[depth_axis] {
        return Ok(());
    }
    Err(Refusal::new(
        format!("input {x:?} by weights {w:?}"),
        "multiply by one constant matrix whose depth is the input's last dimension",
    ))
}

/// The weights as `[n, k]`, scaled.
fn matrix(importer: &mut Importer, id: TensorId, is_transposed: bool, alpha: f32) -> TensorId {
    let graph = &mut importer.graph;
    let id = match graph.tensor(id).transposed_matrix() {
        Some(transposed) if !is_transposed => graph.add_tensor(transposed),
        _ => id,
    };
    if alpha == 1.0 {
        return id;
    }
    let tensor = graph.tensor(id);
    let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
    let values = graph.constant_f32(id).unwrap_or(&[]);
    let values = values.iter().map(|value| alpha * value).collect();
    graph.add_constant(name, shape, values)
}

/// A constant as one value an output, scaled; `None` where it is not.
fn bias_row(importer: &mut Importer, id: TensorId, outputs: usize, beta: f32) -> Option<TensorId> {
    let tensor = importer.graph.tensor(id);
    let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
    let values = importer.graph.constant_f32(id)?;
    if shape == [outputs] && beta == 1.0 {
        return Some(id);
    }
    let values: Vec<f32> = match values.len() {
        1 => vec![beta * values[0]; outputs],
        len if len == outputs && shape.last() == Some(&len) => {
            values.iter().map(|value| beta * value).collect()
        }
        _ => return None,
    };
    Some(importer.graph.add_constant(name, vec![outputs], values))
}
