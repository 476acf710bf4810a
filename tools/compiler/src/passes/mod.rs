//! Rewrites of the graph that keep what it computes.

mod activation;
mod batch_norm;
mod bias;
mod dead_code;
mod identity;

use crate::ir::Graph;

/// Rewrites what has no kernel of its own into what has.
pub(crate) fn legalise(graph: &mut Graph) {
    batch_norm::into_depthwise(graph);
}

/// Folds nodes into the one before them, so that fewer tensors are written.
pub(crate) fn fuse(graph: &mut Graph) {
    identity::remove(graph);
    batch_norm::fold(graph);
    bias::fold(graph);
    activation::fold(graph);
    dead_code::remove(graph);
}

/// Removes node `index`, whose work its producer does from now on: the producer writes the removed
/// node's output.
fn absorb(graph: &mut Graph, producer: usize, index: usize) {
    graph.nodes[producer].output = graph.nodes[index].output;
    graph.nodes.remove(index);
}

#[cfg(test)]
mod test_graph;
