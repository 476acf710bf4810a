//! Small graphs for the tests of the passes.

use crate::ir::{Bounds, ElementType, Graph, Node, Op, Tensor, TensorId, Window};

pub(super) struct TestGraph(pub(super) Graph);

impl TestGraph {
    pub(super) fn new(shape: &[usize]) -> (TestGraph, TensorId) {
        let mut graph = TestGraph(Graph::default());
        let input = graph.value("x", shape);
        graph.0.inputs.push(input);
        (graph, input)
    }

    pub(super) fn value(&mut self, name: &str, shape: &[usize]) -> TensorId {
        let tensor = Tensor::activation(name.into(), ElementType::F32, shape.to_vec());
        self.0.add_tensor(tensor)
    }

    pub(super) fn constant(&mut self, shape: &[usize], values: &[f32]) -> TensorId {
        self.0
            .add_constant("constant".into(), shape.to_vec(), values.to_vec())
    }

    pub(super) fn node(
        &mut self,
        name: &str,
        op: Op,
        inputs: &[TensorId],
        shape: &[usize],
    ) -> TensorId {
        let output = self.value(&format!("{name}_out"), shape);
        self.0.nodes.push(Node {
            name: name.into(),
            op,
            inputs: inputs.to_vec(),
            outputs: vec![output],
        });
        output
    }

    pub(super) fn finish(mut self, output: TensorId) -> Graph {
        self.0.outputs.push(output);
        self.0
    }
}

pub(super) fn pointwise(group: usize) -> Op {
    Op::Conv {
        window: Window::POINT,
        group,
        transposed: false,
        bounds: Bounds::NONE,
    }
}
