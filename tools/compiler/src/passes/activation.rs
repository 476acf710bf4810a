use crate::ir::{Graph, Op, Unary};

/// Lets the convolution, fully connected layer or addition before a clamp do it.
pub(super) fn fold(graph: &mut Graph, index: usize) -> Option<()> {
    let Op::Unary(Unary::Clip(outer)) = graph.nodes[index].op else {
        return None;
    };
    let producer = super::sole_producer(graph, graph.nodes[index].inputs[0])?;
    let inner = graph.nodes[producer].op.bounds_mut()?;
    *inner = inner.then(outer);
    super::absorb(graph, producer, index);
    Some(())
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
            super::super::sweep(&mut graph, super::fold);
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

    #[test]
    fn several_clamps_in_a_row_join() {
        let (mut graph, x) = TestGraph::new(&[1, 2]);
        let add = Op::Add {
            bounds: Bounds::NONE,
        };
        let mut end = graph.node("add", add, &[x, x], &[1, 2]);
        for (name, max) in [("relu", f32::INFINITY), ("clip", 6.0)] {
            let clip = Op::Unary(Unary::Clip(Bounds { min: 0.0, max }));
            end = graph.node(name, clip, &[end], &[1, 2]);
        }
        let mut graph = graph.finish(end);
        super::super::sweep(&mut graph, super::fold);
        assert_eq!(graph.nodes.len(), 1);
        let bounds = graph.nodes[0].op.bounds_mut().copied();
        assert_eq!(bounds, Some(Bounds { min: 0.0, max: 6.0 }));
    }
}
