use crate::ir::{Graph, Op};

/// Lets products of matrices read operands that only change their rows for their columns as they are.
pub(super) fn fold(graph: &mut Graph, index: usize) -> Option<()> {
    let Op::MatMul { mut transposed } = graph.nodes[index].op else {
        return None;
    };
    let mut inputs = graph.nodes[index].inputs.clone();
    for (input, transposed) in inputs.iter_mut().zip(&mut transposed) {
        let producer = graph.producer(*input).map(|node| &graph.nodes[node]);
        if let Some(node) = producer
            && let Op::Transpose { perm } = &node.op
            && swaps_last_two(perm)
        {
            *input = node.inputs[0];
            *transposed = !*transposed;
        }
    }
    let node = &mut graph.nodes[index];
    (node.op, node.inputs) = (Op::MatMul { transposed }, inputs);
    None
}

fn swaps_last_two(perm: &[usize]) -> bool {
    let mut sorted = perm.to_vec();
    let rank = sorted.len();
    if rank < 2 {
        return false;
    }
    sorted.swap(rank - 2, rank - 1);
    sorted.into_iter().eq(0..rank)
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::TestGraph;
    use super::*;

    #[test]
    fn only_rows_and_columns_change_places() {
        assert!(swaps_last_two(&[0, 2, 1]));
        for perm in [&[1, 0, 2][..], &[0, 1], &[0], &[2, 1, 0]] {
            assert!(!swaps_last_two(perm), "{perm:?}");
        }
    }

    #[test]
    fn a_product_reads_what_was_transposed() {
        let (mut graph, x) = TestGraph::new(&[2, 3]);
        let perm = vec![1, 0];
        let turned = graph.node("turned", Op::Transpose { perm }, &[x], &[3, 2]);
        let op = Op::MatMul {
            transposed: [false, true],
        };
        let product = graph.node("product", op, &[x, turned], &[2, 2]);
        let mut graph = graph.finish(product);
        super::super::sweep(&mut graph, fold);
        assert_eq!(graph.nodes[1].inputs, [x, x]);
        let transposed = [false; 2];
        assert_eq!(graph.nodes[1].op, Op::MatMul { transposed });
    }
}
