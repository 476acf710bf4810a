use super::intervals::{Interval, LayerShape};
use crate::ir::{Graph, Integers, Node, Tensor, TensorId};

/// Cuts every channel that is not kept out of tensors, weights and biases; gives their number.
pub(super) fn cut(graph: &mut Graph, intervals: &[Vec<Interval>], keep: &[Vec<bool>]) -> usize {
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let (input, output) = (&keep[node.inputs[0].0], &keep[node.output().0]);
        let is_whole = |kept: &[bool]| !kept.contains(&false);
        if node.op.is_layer() && !(is_whole(input) && is_whole(output)) {
            layer(graph, index, intervals, keep);
        }
    }
    let mut removed = 0;
    let computed: Vec<TensorId> = graph.nodes.iter().map(Node::output).collect();
    for (index, kept) in computed.into_iter().map(|id| (id.0, &keep[id.0])) {
        let count = kept.iter().filter(|&&is_kept| is_kept).count();
        if count < kept.len() {
            graph.tensors[index].shape[1] = count;
            removed += kept.len() - count;
        }
    }
    removed
}

fn layer(graph: &mut Graph, index: usize, intervals: &[Vec<Interval>], keep: &[Vec<bool>]) {
    let node = &graph.nodes[index];
    let (Some(shape), Some(from)) = (LayerShape::new(graph, node), graph.affine(node.inputs[0]))
    else {
        return;
    };
    let (input, kept_outputs) = (node.inputs[0], &keep[node.output().0]);
    let kept_inputs = &keep[input.0];
    let weights_id = node.inputs[1];
    let bias_id = node.inputs.get(2).copied();
    let Some(weights) = graph.tensor(weights_id).integers.clone() else {
        return;
    };
    let outputs: Vec<usize> = (0..shape.outputs).filter(|&o| kept_outputs[o]).collect();
    // Positions among the inputs that one output reads.
    let positions: Vec<usize> = (0..shape.depth)
        .filter(|&position| !shape.is_full() || kept_inputs[position])
        .collect();

    let old_bias = bias_id.and_then(|id| graph.tensor(id).integers.clone());
    let bias_values: Vec<i32> = outputs
        .iter()
        .map(|&output| {
            let mut bias = old_bias.as_ref().map_or(0, |bias| bias.values[output]);
            let gone = (0..shape.depth).filter(|&p| shape.is_full() && !kept_inputs[p]);
            for position in gone {
                // A channel without a constant is cut only where all its weights are zero.
                let constant = intervals[input.0][position].constant();
                let value = constant.unwrap_or(from.zero_point) - from.zero_point;
                let taps = (0..shape.taps).map(|tap| shape.weight(&weights, output, position, tap));
                bias = bias.wrapping_add(value.wrapping_mul(taps.sum()));
            }
            bias
        })
        .collect();
    let source: Vec<usize> = outputs
        .iter()
        .flat_map(|&o| positions.iter().map(move |&p| (o, p)))
        .flat_map(|(o, p)| (0..shape.taps).map(move |t| (o * shape.depth + p) * shape.taps + t))
        .collect();
    let per_channel = |values: &[f32]| -> Vec<f32> {
        match values {
            [one] => vec![*one],
            _ => outputs.iter().map(|&o| values[o]).collect(),
        }
    };
    let zero_points: Vec<i32> = match &weights.zero_points[..] {
        [one] => vec![*one],
        points => outputs.iter().map(|&o| points[o]).collect(),
    };
    let cut_weights = Integers {
        values: source.iter().map(|&index| weights.values[index]).collect(),
        scales: per_channel(&weights.scales),
        zero_points,
        axis: 0,
    };
    let mut weights_shape = graph.shape(weights_id).to_vec();
    weights_shape[0] = outputs.len();
    if shape.is_full() && weights_shape.len() > 1 {
        weights_shape[1] = positions.len();
    }
    let cut_bias = Integers {
        values: bias_values,
        scales: old_bias.map_or(vec![1.0], |bias| per_channel(&bias.scales)),
        zero_points: vec![0],
        axis: 0,
    };
    let name = format!("{} bias", graph.nodes[index].name);
    let bias_name = bias_id.map_or(name, |id| graph.tensor(id).name.clone());
    let weights_name = graph.tensor(weights_id).name.clone();
    let weights = constant(graph, weights_name, weights_shape, cut_weights);
    let bias = constant(graph, bias_name, vec![outputs.len()], cut_bias);
    let node = &mut graph.nodes[index];
    node.inputs = vec![input, weights, bias];
    node.op.set_channels(outputs.len());
}

/// A constant with integers; its float values are what they stand for.
fn constant(graph: &mut Graph, name: String, shape: Vec<usize>, integers: Integers) -> TensorId {
    let depth = integers.values.len() / shape[0].max(1);
    let values = integers.values.iter().enumerate().map(|(index, &value)| {
        let channel = index / depth.max(1);
        (value - integers.zero_point(channel)) as f32 * integers.scale(channel)
    });
    let values = values.collect();
    let id = graph.add_constant(name, shape, values);
    let tensor = Tensor {
        integers: Some(integers),
        ..graph.tensor(id).clone()
    };
    graph.tensors[id.0] = tensor;
    id
}
