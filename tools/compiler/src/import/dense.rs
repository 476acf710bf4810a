use super::importer::Importer;
use super::matmul;
use super::node::{OnnxNode, Refusal};
use crate::ir::{Bounds, Op, TensorId};

const DENSE: Op = Op::FullyConnected {
    bounds: Bounds::NONE,
};

/// `MatMul`; by a constant matrix, input `[.., k]`, weights `[k, n]`, it is a layer.
pub(super) fn mat_mul(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[])?;
    let input = importer.float_input(node, 0)?;
    let weights = importer.float_input(node, 1)?;
    let is_layer = importer.graph.constant_f32(weights).is_some()
        && importer.graph.shape(weights).len() == 2
        && importer.graph.constant_f32(input).is_none();
    if !is_layer {
        return matmul::mat_mul(importer, node);
    }
    check_depth(importer, input, weights, 0)?;
    let weights = matrix(importer, weights, false, 1.0);
    importer.emit(node, DENSE, vec![input, weights])
}

/// `Gemm` by a constant matrix: `alpha * x * w + beta * c` (ONNX Gemm-7 to -13).
pub(super) fn gemm(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&["alpha", "beta", "transA", "transB"])?;
    if node.int("transA", 0) != 0 {
        return Err(Refusal::new(
            "transA is set",
            "transpose the input before the Gemm",
        ));
    }
    let is_transposed = node.int("transB", 0) != 0;
    let input = importer.float_input(node, 0)?;
    let weights = importer.constant_input(node, 1)?;
    check_depth(importer, input, weights, usize::from(is_transposed))?;
    let weights = matrix(importer, weights, is_transposed, node.float("alpha", 1.0));
    let mut inputs = vec![input, weights];
    if node.input(2).is_some() {
        let bias = importer.constant_input(node, 2)?;
        let outputs = importer.graph.shape(weights)[0];
        inputs.push(bias_row(importer, bias, outputs, node.float("beta", 1.0))?);
    }
    importer.emit(node, DENSE, inputs)
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

fn bias_row(
    importer: &mut Importer,
    id: TensorId,
    outputs: usize,
    beta: f32,
) -> Result<TensorId, Refusal> {
    let tensor = importer.graph.tensor(id);
    let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
    if shape == [outputs] && beta == 1.0 {
        return Ok(id);
    }
    let values = importer.graph.constant_f32(id).unwrap_or(&[]);
    let values: Vec<f32> = match values.len() {
        1 => vec![beta * values[0]; outputs],
        len if len == outputs && shape.last() == Some(&len) => {
            values.iter().map(|value| beta * value).collect()
        }
        _ => {
            return Err(Refusal::new(
                format!("a bias of shape {shape:?} for {outputs} outputs"),
                "use one bias an output",
            ));
        }
    };
    Ok(importer.graph.add_constant(name, vec![outputs], values))
}
