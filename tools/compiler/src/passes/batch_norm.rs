use cadet_kernels::binary::Function;

use super::bias::per_channel;
use crate::ir::{Bounds, Graph, Op, TensorId};

/// Folds batch normalisation into the convolution or fully connected layer before it.
pub(super) fn fold(graph: &mut Graph, index: usize) -> Option<()> {
    let (scale, offset) = affine(graph, index)?;
    let input = graph.nodes[index].inputs[0];
    let producer = super::sole_producer(graph, input)?;
    let node = &graph.nodes[producer];
    match node.op {
        Op::Conv {
            bounds: Bounds::NONE,
            ..
        } => {}
        // With more than one row the channels are another axis.
        Op::FullyConnected {
            bounds: Bounds::NONE,
        } if graph.shape(input).len() == 2 => {}
        _ => return None,
    }
    let (weights, bias) = (node.inputs[1], node.inputs.get(2).copied());
    let values = graph.constant_f32(weights)?;
    let depth = values.len() / scale.len();
    let values: Vec<f32> = values
        .iter()
        .enumerate()
        .map(|(i, &value)| (f64::from(value) * scale[i / depth]) as f32)
        .collect();
    let old = bias.and_then(|bias| graph.constant_f32(bias));
    let bias: Vec<f32> = (0..scale.len())
        .map(|c| (old.map_or(0.0, |old| f64::from(old[c])) * scale[c] + offset[c]) as f32)
        .collect();
    let name = graph.tensor(weights).name.clone();
    let shape = graph.shape(weights).to_vec();
    let weights = graph.add_constant(name, shape, values);
    let bias_name = format!("{} bias", graph.nodes[producer].name);
    let bias = graph.add_constant(bias_name, vec![scale.len()], bias);
    let node = &mut graph.nodes[producer];
    node.inputs = vec![node.inputs[0], weights, bias];
    super::absorb(graph, producer, index);
    Some(())
}

/// Turns every batch normalisation that is left into a scale and a shift a channel.
pub(super) fn into_scale_shift(graph: &mut Graph) {
    for index in 0..graph.nodes.len() {
        if !matches!(graph.nodes[index].op, Op::BatchNormalization { .. }) {
            continue;
        }
        let Some((scale, shift)) = affine(graph, index) else {
            continue;
        };
        let channels = scale.len();
        let name = graph.nodes[index].name.clone();
        let to_f32 = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
        let scale = graph.add_constant(format!("{name} scale"), vec![channels], to_f32(scale));
        let shift = graph.add_constant(format!("{name} shift"), vec![channels], to_f32(shift));
        let node = &mut graph.nodes[index];
        node.inputs = vec![node.inputs[0], scale, shift];
        node.op = Op::ScaleShift {
            axis: 1,
            bounds: Bounds::NONE,
        };
    }
}

/// Batch normalisation, or a product with a constant a channel, as `scale * x + offset` for each
/// channel.
fn affine(graph: &Graph, index: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let node = &graph.nodes[index];
    let epsilon = match node.op {
        Op::BatchNormalization { epsilon } => epsilon,
        Op::Binary {
            function: Function::Mul,
            bounds: Bounds::NONE,
        } => return product(graph, index),
        _ => return None,
    };
    let constant = |id: TensorId| graph.constant_f32(id);
    let (gamma, beta) = (constant(node.inputs[1])?, constant(node.inputs[2])?);
    let (mean, variance) = (constant(node.inputs[3])?, constant(node.inputs[4])?);
    let wide = f64::from;
    let scale: Vec<f64> = gamma
        .iter()
        .zip(variance)
        .map(|(&gamma, &variance)| wide(gamma) / (wide(variance) + wide(epsilon)).sqrt())
        .collect();
    let offset = (0..scale.len())
        .map(|c| wide(beta[c]) - wide(mean[c]) * scale[c])
        .collect();
    Some((scale, offset))
}

fn product(graph: &Graph, index: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let node = &graph.nodes[index];
    let shape = graph.shape(node.output());
    if shape != graph.shape(node.inputs[0]) || shape.len() < 2 {
        return None;
    }
    let scale = per_channel(graph, node.inputs[1], shape, 1)?;
    let zeros = vec![0.0; scale.len()];
    Some((scale.into_iter().map(f64::from).collect(), zeros))
}

#[cfg(test)]
mod tests {
    use super::super::test_graph::{TestGraph, pointwise};
    use crate::ir::{Graph, Op};

    fn graph(with_conv: bool) -> Graph {
        let (mut graph, x) = TestGraph::new(&[1, 2, 1, 1]);
        let shape = [1, 2, 1, 1];
        let mut input = x;
        if with_conv {
            let w = graph.constant(&[2, 2, 1, 1], &[1.0, 2.0, 3.0, 4.0]);
            let b = graph.constant(&[2], &[1.0, 1.0]);
            input = graph.node("conv", pointwise(1), &[x, w, b], &shape);
        }
        let gamma = graph.constant(&[2], &[2.0, 1.0]);
        let beta = graph.constant(&[2], &[0.5, 0.0]);
        let mean = graph.constant(&[2], &[1.0, -1.0]);
        let variance = graph.constant(&[2], &[4.0, 0.25]);
        let op = Op::BatchNormalization { epsilon: 0.0 };
        let end = graph.node("norm", op, &[input, gamma, beta, mean, variance], &shape);
        graph.finish(end)
    }

    #[test]
    fn folding_scales_weights_and_shifts_the_bias() {
        let mut graph = graph(true);
        super::super::sweep(&mut graph, super::fold);
        assert_eq!(graph.nodes.len(), 1);
        let inputs = &graph.nodes[0].inputs;
        // Scales are 2 / 2 = 1 and 1 / 0.5 = 2.
        assert_eq!(
            graph.constant_f32(inputs[1]),
            Some(&[1.0, 2.0, 6.0, 8.0][..])
        );
        assert_eq!(graph.constant_f32(inputs[2]), Some(&[0.5, 4.0][..]));
    }

    #[test]
    fn a_normalisation_alone_becomes_scale_and_shift() {
        let mut graph = graph(false);
        super::into_scale_shift(&mut graph);
        assert!(matches!(graph.nodes[0].op, Op::ScaleShift { axis: 1, .. }));
        let inputs = &graph.nodes[0].inputs;
        assert_eq!(graph.constant_f32(inputs[1]), Some(&[1.0, 2.0][..]));
        assert_eq!(graph.constant_f32(inputs[2]), Some(&[-0.5, 2.0][..]));
    }
}
