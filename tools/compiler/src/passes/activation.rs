use crate::ir::{Graph, Op, Unary};

/// Lets convolutions, fully connected layers and additions clamp their own result.
pub(super) fn fold(graph: &mut Graph) {
    for index in (0..graph.nodes.len()).rev() {
        let Op::Unary(Unary::Clip(outer)) = graph.nodes[index].op else {
            continue;
        };
        let input = graph.nodes[index].inputs[0];
        let (Some(producer), Some(_)) = (graph.producer(input), graph.sole_consumer(input)) else {
            continue;
        };
        if let Some(inner) = graph.nodes[producer].op.bounds_mut() {
            *inner = inner.then(outer);
            super::absorb(graph, producer, index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::{TestGraph, pointwise};
    use crate::ir::{Bounds, Op, Unary};

    #[test]
    fn relu_joins_the_convolution_unless_its_input_is_read_elsewhere() {
        let relu = Op::Unary(Unary::Clip(Bounds::RELU));
        for is_shared in [false, true] {
            let (mut graph, x) = TestGraph::new(&[1, 2, 1, 1]);
            let w = graph.constant(&[2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
            let conv = graph.node("conv", pointwise(1), &[x, w], &[1, 2, 1, 1]);
            let end = graph.node("relu", relu.clone(), &[conv], &[1, 2, 1, 1]);
            let mut graph = graph.finish(end);
            if is_shared {
                graph.outputs.push(conv);
            }
            super::fold(&mut graph);
            assert_eq!(graph.nodes.len(), 1 + usize::from(is_shared));
            let bounds = graph.nodes[0].op.bounds_mut().copied();
            assert_eq!(
                bounds,
                Some(if is_shared {
                    Bounds::NONE
                } else {
                    Bounds::RELU
                })
            );
        }
    }
}
