use crate::ir::{Bounds, Graph, Op, TensorId};

/// Turns the addition of one constant a channel after a convolution or fully connected layer into
/// its bias.
pub(super) fn fold(graph: &mut Graph, index: usize) -> Option<()> {
    let Op::Add {
        bounds: Bounds::NONE,
    } = graph.nodes[index].op
    else {
        return None;
    };
    let [input, addend] = graph.nodes[index].inputs[..] else {
        return None;
    };
    let producer = super::sole_producer(graph, input)?;
    let shape = graph.shape(input).to_vec();
    let channel_axis = match graph.nodes[producer].op {
        Op::Conv {
            bounds: Bounds::NONE,
            ..
        } => 1,
        Op::FullyConnected {
            bounds: Bounds::NONE,
        } => shape.len() - 1,
        _ => return None,
    };
    let mut bias = per_channel(graph, addend, &shape, channel_axis)?;
    if graph.nodes[producer].inputs.len() == 2 && graph.shape(addend) == [shape[channel_axis]] {
        // As it is, with the integers that it may come from.
        graph.nodes[producer].inputs.push(addend);
        super::absorb(graph, producer, index);
        return Some(());
    }
    if let Some(&old) = graph.nodes[producer].inputs.get(2) {
        for (bias, old) in bias.iter_mut().zip(graph.constant_f32(old)?) {
            *bias += old;
        }
    }
    let name = graph.tensor(addend).name.clone();
    let bias = graph.add_constant(name, vec![shape[channel_axis]], bias);
    let node = &mut graph.nodes[producer];
    node.inputs.truncate(2);
    node.inputs.push(bias);
    super::absorb(graph, producer, index);
    Some(())
}

/// The constant as one value an index along `channel_axis`, where it broadcasts to `shape` along no other
/// axis.
pub(super) fn per_channel(
    graph: &Graph,
    constant: TensorId,
    shape: &[usize],
    channel_axis: usize,
) -> Option<Vec<f32>> {
    let values = graph.constant_f32(constant)?;
    let own = graph.shape(constant);
    let channels = shape[channel_axis];
    if values.len() == 1 {
        return Some(vec![values[0]; channels]);
    }
    let axis = (channel_axis + own.len()).checked_sub(shape.len())?;
    let is_vector = values.len() == channels && own.get(axis) == Some(&channels);
    is_vector.then(|| values.to_vec())
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::{TestGraph, pointwise};
    use crate::ir::{Bounds, Op};

    const ADD: Op = Op::Add {
        bounds: Bounds::NONE,
    };

    #[test]
    fn a_constant_per_channel_joins_the_bias() {
        let (mut graph, x) = TestGraph::new(&[1, 1, 2, 2]);
        let w = graph.constant(&[2, 1, 1, 1], &[1.0, 2.0]);
        let b = graph.constant(&[2], &[10.0, 20.0]);
        let conv = graph.node("conv", pointwise(1), &[x, w, b], &[1, 2, 2, 2]);
        let addend = graph.constant(&[2, 1, 1], &[1.0, 2.0]);
        let end = graph.node("add", ADD, &[conv, addend], &[1, 2, 2, 2]);
        let mut graph = graph.finish(end);
        super::super::sweep(&mut graph, super::fold);
        assert_eq!(graph.nodes.len(), 1);
        let bias = graph.constant_f32(graph.nodes[0].inputs[2]);
        assert_eq!(bias, Some(&[11.0, 22.0][..]));
    }

    #[test]
    fn a_constant_along_the_width_stays() {
        let (mut graph, x) = TestGraph::new(&[1, 1, 2, 2]);
        let w = graph.constant(&[2, 1, 1, 1], &[1.0, 2.0]);
        let conv = graph.node("conv", pointwise(1), &[x, w], &[1, 2, 2, 2]);
        let addend = graph.constant(&[2], &[1.0, 2.0]);
        let end = graph.node("add", ADD, &[conv, addend], &[1, 2, 2, 2]);
        let mut graph = graph.finish(end);
        super::super::sweep(&mut graph, super::fold);
        assert_eq!(graph.nodes.len(), 2);
    }
}
