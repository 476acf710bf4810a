use crate::ir::{Bounds, Graph, Op, Unary};

/// Removes a node that returns its input as it is.
pub(super) fn remove(graph: &mut Graph, index: usize) -> Option<()> {
    let node = &graph.nodes[index];
    let (input, output) = (node.inputs[0], node.output());
    let is_identity = match &node.op {
        Op::Reshape => graph.shape(input) == graph.shape(output),
        Op::Transpose { perm } => perm.iter().enumerate().all(|(to, &from)| to == from),
        Op::Unary(Unary::Clip(bounds)) => *bounds == Bounds::NONE,
        _ => false,
    };
    if !is_identity {
        return None;
    }
    if graph.outputs.contains(&output) {
        let producer = super::sole_producer(graph, input)?;
        super::absorb(graph, producer, index);
    } else {
        graph.replace_reads(output, input);
        graph.nodes.remove(index);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use crate::ir::{Bounds, Op, Unary};
    use cadet_kernels::unary::Function;

    #[test]
    fn identities_inside_and_at_the_end_go() {
        let (mut graph, x) = TestGraph::new(&[1, 4]);
        let same = graph.node("same", Op::Reshape, &[x], &[1, 4]);
        let tanh = graph.node(
            "tanh",
            Op::Unary(Unary::Plain(Function::Tanh)),
            &[same],
            &[1, 4],
        );
        let open = Op::Unary(Unary::Clip(Bounds::NONE));
        let end = graph.node("end", open, &[tanh], &[1, 4]);
        let mut graph = graph.finish(end);
        super::super::sweep(&mut graph, super::remove);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].inputs, [x]);
        assert_eq!(graph.nodes[0].output(), end);
    }

    #[test]
    fn an_input_that_is_an_output_keeps_its_node() {
        let (mut graph, x) = TestGraph::new(&[1, 4]);
        let end = graph.node("end", Op::Reshape, &[x], &[1, 4]);
        let mut graph = graph.finish(end);
        super::super::sweep(&mut graph, super::remove);
        assert_eq!(graph.nodes.len(), 1);
    }
}
