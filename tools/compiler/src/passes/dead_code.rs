use crate::ir::Graph;

/// Removes nodes whose outputs nothing reads, now or in a later run.
pub(super) fn remove(graph: &mut Graph) {
    for index in (0..graph.nodes.len()).rev() {
        let outputs = &graph.nodes[index].outputs;
        let is_kept = |id| graph.states.iter().any(|state| state.after == id);
        let is_read = |&output: &_| graph.use_count(output) > 0 || is_kept(output);
        if !outputs.iter().any(is_read) {
            graph.nodes.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use crate::ir::{Op, Unary};
    use cadet_kernels::unary::Function;

    #[test]
    fn a_chain_that_nothing_reads_goes() {
        let (mut graph, x) = TestGraph::new(&[1, 4]);
        let kept = graph.node(
            "kept",
            Op::Unary(Unary::Plain(Function::Tanh)),
            &[x],
            &[1, 4],
        );
        let first = graph.node(
            "first",
            Op::Unary(Unary::Plain(Function::Tanh)),
            &[x],
            &[1, 4],
        );
        graph.node(
            "second",
            Op::Unary(Unary::Plain(Function::Tanh)),
            &[first],
            &[1, 4],
        );
        let mut graph = graph.finish(kept);
        super::remove(&mut graph);
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].name, "kept");
    }
}
