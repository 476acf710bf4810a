use crate::ir::{Bounds, ElementType, Graph, Movement, Op, Tensor};
use cadet_kernels::linear::{Q4_GROUP, scratch_words};

/// Inputs of a group.
pub(crate) const GROUP: usize = Q4_GROUP;

/// Bits of embeddings and of layers that give outputs of the model, whose errors nothing makes good.
pub(crate) const OUTER_BITS: u32 = 8;

/// Makes float layers and embeddings read weights of so many bits in groups, those at the model's ends of no less than 8.
/// Layers with a fused clamp stay.
pub(super) fn group_weights(graph: &mut Graph, bits: u32) {
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let table = |place: usize| {
            let id = *node.inputs.get(place)?;
            let is_matrix = graph.shape(id).len() == 2 && !graph.shape(id).contains(&0);
            graph.constant_f32(id).filter(|_| is_matrix).map(|_| id)
        };
        let is_float = |place: usize| graph.affine(node.inputs[place]).is_none();
        match node.op {
            Op::FullyConnected { bounds }
                if bounds == Bounds::NONE && is_float(0) && table(1).is_some() =>
            {
                let inputs = graph.shape(node.inputs[1])[1];
                let rows = graph.tensor(node.inputs[0]).len() / inputs;
                // Shapes were checked: they are those of tensors.
                let words = scratch_words(rows, inputs, GROUP).unwrap_or_default();
                let name = format!("{} scratch", node.name);
                let scratch = Tensor::activation(name, ElementType::I32, vec![words]);
                let scratch = graph.add_tensor(scratch);
                let bits = match gives_output(graph, index) {
                    true => OUTER_BITS,
                    false => bits,
                };
                let node = &mut graph.nodes[index];
                node.op = Op::Linear { bits };
                node.outputs.push(scratch);
            }
            Op::Movement(Movement::Gather { axis: 0 }) if table(0).is_some() => {
                let is_i64 = graph.tensor(node.inputs[1]).element == ElementType::I64;
                if is_i64 {
                    let node = &mut graph.nodes[index];
                    node.op = Op::Embedding;
                    node.inputs.swap(0, 1);
                }
            }
            _ => {}
        }
    }
}

/// Whether an output of the model is the result of a node, in its own shape or another.
fn gives_output(graph: &Graph, node: usize) -> bool {
    let result = graph.nodes[node].output();
    graph.outputs.contains(&result)
        || graph.consumers(result).any(|reader| {
            matches!(reader.op, Op::Reshape) && graph.outputs.contains(&reader.output())
        })
}
