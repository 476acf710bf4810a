//! Integer steps out of models that were quantised elsewhere: `DequantizeLinear` -> operator ->
//! `QuantizeLinear` becomes the operator on integers.

mod narrow;
mod operator;
mod ports;
mod signed;

use crate::ir::{ElementType, Graph, Op, TensorId};
use crate::options::Numerics;

/// Turns every operator between dequantised inputs and a quantised output into an integer step.
pub(super) fn fuse(graph: &mut Graph, numerics: Numerics) {
    signed::spread(graph);
    signed::make_signed(graph);
    super::sweep(graph, narrow::fold);
    let mut index = 0;
    while index < graph.nodes.len() {
        operator::integerise(graph, index, numerics);
        index += 1;
    }
    super::sweep(graph, join_conversions);
    ports::absorb(graph);
}

/// Turns `Dequantize` -> `Quantize` into one step, or none where both mean the same.
fn join_conversions(graph: &mut Graph, index: usize) -> Option<()> {
    if graph.nodes[index].op != Op::Quantize {
        return None;
    }
    let integers = dequantised(graph, graph.nodes[index].inputs[0])?;
    let output = graph.nodes[index].output();
    if graph.affine(integers) != graph.affine(output) || graph.outputs.contains(&output) {
        let node = &mut graph.nodes[index];
        node.op = Op::Requantize;
        node.inputs = vec![integers];
        return None;
    }
    graph.replace_reads(output, integers);
    graph.nodes.remove(index);
    Some(())
}

/// The int8 activation that floats come from.
fn dequantised(graph: &Graph, id: TensorId) -> Option<TensorId> {
    let producer = &graph.nodes[graph.producer(id)?];
    let integers = producer.inputs[0];
    let is_signed = graph.tensor(integers).element == ElementType::I8;
    (producer.op == Op::Dequantize && is_signed).then_some(integers)
}
