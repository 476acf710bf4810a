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

#[cfg(test)]
mod tests {
    use cadet_kernels::binary::Function;

    use super::super::test_graph::TestGraph;
    use super::*;
    use crate::ir::{Affine, Bounds, Movement, Tensor, Values};

    /// Quantises a tensor.
    fn quantise(graph: &mut TestGraph, x: TensorId, scale: f32) -> TensorId {
        let shape = graph.0.shape(x).to_vec();
        let q = graph.node("quantise", Op::Quantize, &[x], &shape);
        integers(graph, q, scale)
    }

    fn integers(graph: &mut TestGraph, q: TensorId, scale: f32) -> TensorId {
        let tensor = &mut graph.0.tensors[q.0];
        tensor.element = ElementType::I8;
        tensor.affine = Some(Affine {
            scale,
            zero_point: 3,
        });
        q
    }

    fn dequantise(graph: &mut TestGraph, q: TensorId) -> TensorId {
        let shape = graph.0.shape(q).to_vec();
        graph.node("real", Op::Dequantize, &[q], &shape)
    }

    fn fused(graph: TestGraph, end: TensorId) -> Graph {
        let mut graph = graph.finish(end);
        fuse(&mut graph, Numerics::Onnx);
        super::super::dead_code::remove(&mut graph);
        graph
    }

    fn names(graph: &Graph) -> Vec<&'static str> {
        graph.nodes.iter().map(|node| node.op.name()).collect()
    }

    #[test]
    fn what_has_another_scale_is_requantised_before_it_is_joined() {
        let (mut graph, x) = TestGraph::new(&[1, 2]);
        let parts = [0.5, 0.25].map(|scale| {
            let q = quantise(&mut graph, x, scale);
            dequantise(&mut graph, q)
        });
        let concat = Op::Movement(Movement::Concat { axis: 1 });
        let joined = graph.node("join", concat, &parts, &[1, 4]);
        let q = quantise(&mut graph, joined, 0.5);
        let end = dequantise(&mut graph, q);
        let graph = fused(graph, end);
        let wanted = ["QuantizeLinear", "QuantizeLinear", "Requantize", "Concat"];
        assert_eq!(names(&graph), wanted);
        let output = graph.tensor(graph.outputs[0]);
        assert_eq!(output.affine.map(|affine| affine.scale), Some(0.5));
    }

    #[test]
    fn integers_move_before_they_become_floats() {
        let (mut graph, x) = TestGraph::new(&[1, 2]);
        let q = quantise(&mut graph, x, 0.5);
        let real = dequantise(&mut graph, q);
        let view = graph.node("view", Op::Reshape, &[real], &[2]);
        let sum = Op::Binary {
            function: Function::Mul,
            bounds: Bounds::NONE,
        };
        let end = graph.node("square", sum, &[view, view], &[2]);
        let graph = fused(graph, end);
        assert_eq!(names(&graph), ["Reshape", "DequantizeLinear", "Mul"]);
        let moved = graph.tensor(graph.nodes[0].output());
        assert_eq!(moved.element, ElementType::I8);
    }

    #[test]
    fn a_clip_of_the_integers_joins_the_layer_before_them() {
        let (mut graph, x) = TestGraph::new(&[1, 2]);
        let q = quantise(&mut graph, x, 0.5);
        let real = dequantise(&mut graph, q);
        let add = Op::Add {
            bounds: Bounds::NONE,
        };
        let sum = graph.node("add", add, &[real, real], &[1, 2]);
        let q = quantise(&mut graph, sum, 0.25);
        let most = graph.constant(&[], &[0.0]);
        graph.0.tensors[most.0] = Tensor {
            values: Some(Values::I64(vec![7])),
            ..Tensor::activation("most".into(), ElementType::I8, Vec::new())
        };
        let min = Op::Binary {
            function: Function::Min,
            bounds: Bounds::NONE,
        };
        let clipped = graph.node("clip", min, &[q, most], &[1, 2]);
        let clipped = integers(&mut graph, clipped, 0.25);
        let end = dequantise(&mut graph, clipped);
        let graph = fused(graph, end);
        let bounds = Bounds {
            max: 1.0,
            ..Bounds::NONE
        };
        assert_eq!(graph.nodes.len(), 1);
        assert_eq!(graph.nodes[0].op, Op::Add { bounds });
    }
}
