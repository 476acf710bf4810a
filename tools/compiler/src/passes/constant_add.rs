use super::bias::per_channel;
use crate::ir::{ElementType, Graph, Node, Op, Tensor, TensorId};

/// Turns every addition of a constant into a scale of 1 and a shift.
pub(super) fn into_scale_shift(graph: &mut Graph) {
    let mut index = 0;
    while index < graph.nodes.len() {
        index += 1 + rewrite(graph, index);
    }
}

/// Rewrites one node; gives the number of nodes that it added.
fn rewrite(graph: &mut Graph, index: usize) -> usize {
    let Op::Add { bounds } = graph.nodes[index].op else {
        return 0;
    };
    let addend = graph.nodes[index].inputs[1];
    if graph.constant_f32(addend).is_none() {
        return 0;
    }
    let shape = graph.shape(graph.nodes[index].output()).to_vec();
    // Channels first: they are innermost in memory.
    let axes = (1..shape.len()).chain(0..1);
    let along = axes.filter(|&axis| axis < shape.len()).find_map(|axis| {
        let values = per_channel(graph, addend, &shape, axis)?;
        Some((axis, values))
    });
    if let Some((axis, shift)) = along {
        scale_shift(graph, index, axis, shift);
        return 0;
    }
    // One value an element, over the flattened tensor.
    let values = graph.constant_f32(addend).unwrap_or(&[]);
    let spread = crate::layout::broadcast(values, graph.shape(addend), &shape);
    let name = graph.nodes[index].name.clone();
    let flat = vec![1, spread.len()];
    let view = |graph: &mut Graph, suffix: &str| {
        let name = format!("{name} {suffix}");
        graph.add_tensor(Tensor::activation(name, ElementType::F32, flat.clone()))
    };
    let (flat_input, flat_output) = (view(graph, "input"), view(graph, "output"));
    let reshape = |input: TensorId, output: TensorId| Node {
        name: name.clone(),
        op: Op::Reshape,
        inputs: vec![input],
        outputs: vec![output],
    };
    let node = &mut graph.nodes[index];
    let before = reshape(node.inputs[0], flat_input);
    let after = reshape(flat_output, node.output());
    node.inputs[0] = flat_input;
    node.outputs = vec![flat_output];
    node.op = Op::Add { bounds };
    scale_shift(graph, index, 1, spread);
    graph.nodes.insert(index + 1, after);
    graph.nodes.insert(index, before);
    2
}

fn scale_shift(graph: &mut Graph, index: usize, axis: usize, shift: Vec<f32>) {
    let Op::Add { bounds } = graph.nodes[index].op else {
        return;
    };
    let name = graph.tensor(graph.nodes[index].inputs[1]).name.clone();
    let extent = shift.len();
    let ones = vec![1.0; extent];
    let scale = graph.add_constant(format!("{name} scale"), vec![extent], ones);
    let shift = graph.add_constant(name, vec![extent], shift);
    let node = &mut graph.nodes[index];
    node.inputs = vec![node.inputs[0], scale, shift];
    node.op = Op::ScaleShift { axis, bounds };
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use super::*;
    use crate::ir::Bounds;

    fn rewritten(addend: &[usize]) -> Graph {
        let (mut graph, x) = TestGraph::new(&[1, 2, 3, 3]);
        let count = addend.iter().product();
        let c = graph.constant(addend, &vec![1.5; count]);
        let bounds = Bounds::RELU;
        let end = graph.node("add", Op::Add { bounds }, &[x, c], &[1, 2, 3, 3]);
        let mut graph = graph.finish(end);
        into_scale_shift(&mut graph);
        graph
    }

    #[test]
    fn one_value_a_channel_becomes_a_shift_a_channel() {
        let graph = rewritten(&[2, 1, 1]);
        let bounds = Bounds::RELU;
        assert_eq!(graph.nodes[0].op, Op::ScaleShift { axis: 1, bounds });
        let shift = graph.constant_f32(graph.nodes[0].inputs[2]);
        assert_eq!(shift, Some(&[1.5, 1.5][..]));
    }

    #[test]
    fn anything_else_becomes_a_shift_an_element() {
        let graph = rewritten(&[3, 3]);
        let ops: Vec<&Op> = graph.nodes.iter().map(|node| &node.op).collect();
        assert!(matches!(
            ops[..],
            [Op::Reshape, Op::ScaleShift { axis: 1, .. }, Op::Reshape]
        ));
        assert_eq!(graph.shape(graph.nodes[1].inputs[2]), [18]);
    }
}
