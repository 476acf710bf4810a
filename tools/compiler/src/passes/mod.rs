//! Rewrites of the graph that keep what it computes.

mod activation;
mod batch_norm;
mod bias;
mod dead_code;
mod identity;
mod qdq;
mod scalar;
mod transposed;

use crate::ir::{Graph, TensorId};
use crate::options::Numerics;

/// Rewrites what has no kernel of its own into what has.
pub(crate) fn legalise(graph: &mut Graph) {
    batch_norm::into_scale_shift(graph);
    scalar::into_unary(graph);
}

/// Makes integer steps of what a model quantised elsewhere says in `DequantizeLinear` and
/// `QuantizeLinear`.
pub(crate) fn integerise(graph: &mut Graph, numerics: Numerics) {
    qdq::fuse(graph, numerics);
    dead_code::remove(graph);
}

/// Folds nodes into the one before them, so that fewer tensors are written.
pub(crate) fn fuse(graph: &mut Graph) {
    for rewrite in [
        identity::remove,
        batch_norm::fold,
        bias::fold,
        activation::fold,
        transposed::fold,
    ] {
        sweep(graph, rewrite);
    }
    dead_code::remove(graph);
}

/// Tries to rewrite each node away, from the first to the last; `Some` means that it is gone.
fn sweep(graph: &mut Graph, rewrite: fn(&mut Graph, usize) -> Option<()>) {
    let mut index = 0;
    while index < graph.nodes.len() {
        if rewrite(graph, index).is_none() {
            index += 1;
        }
    }
}

/// The node that writes a tensor which one other node reads, and nothing else.
fn sole_producer(graph: &Graph, tensor: TensorId) -> Option<usize> {
    graph.sole_consumer(tensor)?;
    graph.producer(tensor)
}

/// Removes node `index`, whose work its producer does from now on: the producer writes the removed
/// node's output in place of the tensor that the node read.
fn absorb(graph: &mut Graph, producer: usize, index: usize) {
    let node = graph.nodes.remove(index);
    let outputs = graph.nodes[producer].outputs.iter_mut();
    for output in outputs.filter(|output| node.inputs.contains(output)) {
        *output = node.output();
    }
}

#[cfg(test)]
mod test_graph;
