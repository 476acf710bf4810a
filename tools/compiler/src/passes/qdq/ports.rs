//! Model inputs and outputs as integers.

use crate::ir::{Affine, ElementType, Graph, Op, TensorId};

/// Lets float inputs that are only quantised, and float outputs that were only dequantised, be
/// int8: the caller knows their scale from the package.
pub(super) fn absorb(graph: &mut Graph) {
    for port in 0..graph.inputs.len() {
        let Some(consumer) = graph.sole_consumer(graph.inputs[port]) else {
            continue;
        };
        let output = graph.nodes[consumer].output();
        let is_used = graph.consumers(output).any(|node| node.op != Op::FlipSign);
        if graph.nodes[consumer].op == Op::Quantize && is_used && !graph.outputs.contains(&output) {
            let id = graph.inputs[port];
            let affine = graph.affine(output);
            mark(graph, id, affine);
            graph.replace_reads(output, id);
            graph.nodes.remove(consumer);
        }
    }
    for port in 0..graph.outputs.len() {
        let id = graph.outputs[port];
        let Some(producer) = graph.producer(id) else {
            continue;
        };
        let input = graph.nodes[producer].inputs[0];
        let is_computed = graph
            .producer(input)
            .is_some_and(|writer| graph.nodes[writer].op != Op::FlipSign);
        let is_own = is_computed && !graph.outputs.contains(&input);
        if graph.nodes[producer].op == Op::Dequantize && is_own && graph.use_count(id) == 1 {
            let affine = graph.affine(input);
            mark(graph, id, affine);
            graph.nodes.remove(producer);
            // The integers take the output's name.
            if let Some(writer) = graph.producer(input) {
                for output in &mut graph.nodes[writer].outputs {
                    if *output == input {
                        *output = id;
                    }
                }
            }
            graph.replace_reads(input, id);
        }
    }
}

fn mark(graph: &mut Graph, id: TensorId, affine: Option<Affine>) {
    let tensor = &mut graph.tensors[id.0];
    tensor.element = ElementType::I8;
    tensor.affine = affine;
}
