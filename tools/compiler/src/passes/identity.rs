use crate::ir::{Bounds, Graph, Op, Unary};

/// Removes nodes that return their input as it is.
pub(super) fn remove(graph: &mut Graph) {
    for index in (0..graph.nodes.len()).rev() {
        let node = &graph.nodes[index];
        let (input, output) = (node.inputs[0], node.output);
        let is_identity = match &node.op {
            Op::Reshape => graph.shape(input) == graph.shape(output),
            Op::Transpose { perm } => perm.iter().enumerate().all(|(to, &from)| to == from),
            Op::Unary(Unary::Clip(bounds)) => *bounds == Bounds::NONE,
            _ => false,
        };
        if !is_identity {
            continue;
        }
        if !graph.outputs.contains(&output) {
            graph.replace_reads(output, input);
            graph.nodes.remove(index);
        } else if let (Some(producer), Some(_)) =
            (graph.producer(input), graph.sole_consumer(input))
        {
            super::absorb(graph, producer, index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use crate::ir::{Bounds, Op, Unary};

    #[test]
    fn identities_inside_and_at_the_end_go() {
        let (mut graph, x) = TestGraph::new(&[1, 4]);
        let same = graph.node("same", Op::Reshape, &[x], &[1, 4]);
        let tanh = graph.node("tanh", Op::Unary(Unary::Tanh), &[same], &[1, 4]);
        let open = Op::Unary(Unary::Clip(Bounds::NONE));
        let end = graph.node("end", open, &[tanh], &[1, 4]);
        let mut graph = graph.finish(end);
        super::remove(&mut graph);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].inputs, [x]);
        assert_eq!(graph.nodes[0].output, end);
    }

    #[test]
    fn an_input_that_is_an_output_keeps_its_node() {
        let (mut graph, x) = TestGraph::new(&[1, 4]);
        let end = graph.node("end", Op::Reshape, &[x], &[1, 4]);
        let mut graph = graph.finish(end);
        super::remove(&mut graph);
        assert_eq!(graph.nodes.len(), 1);
    }
}
