//! Quantised uint8 activations as int8.

use crate::ir::{ElementType, Graph, Int8Rule, Node, Op, Tensor, TensorId, Values};

/// Distance between the integers of uint8 and of int8 for the same value.
const SHIFT: i32 = 128;

/// Carries what integers stand for over steps that move them.
pub(super) fn spread(graph: &mut Graph) {
    loop {
        let mut has_changed = false;
        for index in 0..graph.nodes.len() {
            if graph.nodes[index].op.int8_rule() != Int8Rule::Moves {
                continue;
            }
            let bytes = bytes(graph, &graph.nodes[index]);
            let known: Vec<_> = bytes.iter().filter_map(|&id| graph.affine(id)).collect();
            let is_one = known.iter().all(|affine| *affine == known[0]);
            if known.is_empty() || known.len() == bytes.len() || !is_one {
                continue;
            }
            for id in bytes {
                graph.tensors[id.0].affine = Some(known[0]);
            }
            has_changed = true;
        }
        if !has_changed {
            return;
        }
    }
}

/// Turns quantised uint8 activations into int8. The model's inputs and outputs, and operators that read
/// or write the bytes as numbers, keep uint8, behind a sign flip.
pub(super) fn make_signed(graph: &mut Graph) {
    let is_unsigned = |graph: &Graph, id: TensorId| {
        let tensor = graph.tensor(id);
        tensor.element == ElementType::U8 && tensor.affine.is_some() && tensor.values.is_none()
    };
    for id in (0..graph.tensors.len()).map(TensorId) {
        if is_unsigned(graph, id) && is_read_as_number(graph, id) {
            divide(graph, id);
        }
    }
    for index in 0..graph.nodes.len() {
        let touches = bytes(graph, &graph.nodes[index]);
        if touches.iter().any(|&id| is_unsigned(graph, id)) {
            for position in 0..graph.nodes[index].inputs.len() {
                let id = graph.nodes[index].inputs[position];
                if let Some(constant) = signed_constant(graph, id) {
                    graph.nodes[index].inputs[position] = graph.add_tensor(constant);
                }
            }
        }
    }
    for id in (0..graph.tensors.len()).map(TensorId) {
        if is_unsigned(graph, id) {
            let tensor = &mut graph.tensors[id.0];
            tensor.element = ElementType::I8;
            if let Some(affine) = &mut tensor.affine {
                affine.zero_point -= SHIFT;
            }
        }
    }
}

/// The activations of 8 bits that a node reads or writes.
fn bytes(graph: &Graph, node: &Node) -> Vec<TensorId> {
    let is_byte = |id: &&TensorId| {
        let tensor = graph.tensor(**id);
        let is_byte = matches!(tensor.element, ElementType::I8 | ElementType::U8);
        is_byte && tensor.values.is_none()
    };
    let ids = node.inputs.iter().chain(&node.outputs);
    ids.filter(is_byte).copied().collect()
}

/// Whether a node takes integers for what they stand for.
fn is_aware(graph: &Graph, node: &Node) -> bool {
    let moves = || {
        let mut bytes = bytes(graph, node).into_iter();
        node.op.int8_rule() == Int8Rule::Moves && bytes.all(|id| graph.affine(id).is_some())
    };
    matches!(node.op, Op::Quantize | Op::Dequantize) || moves()
}

fn is_read_as_number(graph: &Graph, id: TensorId) -> bool {
    let mut nodes = graph.nodes.iter();
    let is_port = graph.inputs.contains(&id) || graph.outputs.contains(&id);
    let touches = |node: &Node| node.inputs.contains(&id) || node.outputs.contains(&id);
    is_port || nodes.any(|node| touches(node) && !is_aware(graph, node))
}

/// Gives a tensor that is read as numbers too a second one for what takes it for reals.
fn divide(graph: &mut Graph, id: TensorId) {
    let name = format!("{} (signed)", graph.tensor(id).name);
    let inner = Tensor {
        name: name.clone(),
        ..graph.tensor(id).clone()
    };
    let inner = graph.add_tensor(inner);
    for index in 0..graph.nodes.len() {
        if is_aware(graph, &graph.nodes[index]) {
            let node = &mut graph.nodes[index];
            let ids = node.inputs.iter_mut().chain(&mut node.outputs);
            ids.filter(|other| **other == id)
                .for_each(|other| *other = inner);
        }
    }
    graph.tensors[id.0].affine = None;
    let (from, to) = match graph.producer(inner) {
        Some(_) => (inner, id),
        None => (id, inner),
    };
    let index = graph.producer(from).map_or(0, |index| index + 1);
    let flip = Node {
        name,
        op: Op::FlipSign,
        inputs: vec![from],
        outputs: vec![to],
    };
    graph.nodes.insert(index, flip);
}

/// A constant of uint8 as int8.
fn signed_constant(graph: &Graph, id: TensorId) -> Option<Tensor> {
    let tensor = graph.tensor(id);
    let Some(Values::I64(values)) = tensor.values.as_ref() else {
        return None;
    };
    let shifted = values.iter().map(|value| value - i64::from(SHIFT));
    (tensor.element == ElementType::U8).then(|| Tensor {
        element: ElementType::I8,
        values: Some(Values::I64(shifted.collect())),
        ..tensor.clone()
    })
}
