use super::intervals::{Interval, LayerShape};
use super::{channel_elements, channels};
use crate::ir::{Graph, Integers, Node, Op, TensorId};

/// Which channels of each tensor must be computed; empty for tensors that have none.
pub(super) fn keep(graph: &Graph, intervals: &[Vec<Interval>]) -> Vec<Vec<bool>> {
    let none = |index| vec![false; channels(graph, TensorId(index)).unwrap_or(0)];
    let mut keep: Vec<Vec<bool>> = (0..graph.tensors.len()).map(none).collect();
    for id in graph.inputs.iter().chain(&graph.outputs) {
        keep[id.0].fill(true);
    }
    // Backwards, uses pass from outputs to inputs. Where input and output have the same channels
    // they also pass forwards, so this is repeated until nothing changes.
    loop {
        let before = keep.clone();
        for node in graph.nodes.iter().rev() {
            visit(graph, node, intervals, &mut keep);
        }
        for kept in keep.iter_mut().filter(|kept| !kept.is_empty()) {
            // A tensor without channels would have no shape.
            if !kept.contains(&true) {
                kept[0] = true;
            }
        }
        if keep == before {
            return keep;
        }
    }
}

fn visit(graph: &Graph, node: &Node, intervals: &[Vec<Interval>], keep: &mut [Vec<bool>]) {
    let (input, output) = (node.inputs[0], node.output());
    let both = !keep[input.0].is_empty() && !keep[output.0].is_empty();
    match &node.op {
        op if op.is_layer() && both => {
            let shape = LayerShape::new(graph, node);
            let weights = graph.tensor(node.inputs[1]).integers.as_ref();
            if let (Some(shape), Some(weights)) = (shape, weights) {
                if shape.is_full() {
                    return full(graph, node, &shape, weights, intervals, keep);
                }
                if shape.is_depthwise() {
                    return same(&[input, output], keep);
                }
            }
            opaque(node, keep);
        }
        Op::MaxPool { .. } | Op::AveragePool { .. } if both && node.outputs.len() == 1 => {
            same(&[input, output], keep);
        }
        Op::Add { .. } if both && keep[node.inputs[1].0].len() == keep[input.0].len() => {
            same(&[input, node.inputs[1], output], keep);
        }
        Op::Reshape if both => reshape(graph, node, keep),
        _ => opaque(node, keep),
    }
}

/// Every output channel reads every input channel.
fn full(
    graph: &Graph,
    node: &Node,
    shape: &LayerShape,
    weights: &Integers,
    intervals: &[Vec<Interval>],
    keep: &mut [Vec<bool>],
) {
    let (input, output) = (node.inputs[0], node.output());
    let zero_point = graph.affine(input).map(|affine| affine.zero_point);
    for channel in 0..keep[input.0].len() {
        // The bias takes in a constant, unless the padding shows it at some places only.
        let constant = intervals[input.0][channel].constant();
        let is_absorbed = constant.is_some() && (constant == zero_point || !shape.is_padded);
        let reads = |output_channel: usize| {
            let mut taps = 0..shape.taps;
            taps.any(|tap| shape.weight(weights, output_channel, channel, tap) != 0)
        };
        let is_used = (0..shape.outputs).any(|o| keep[output.0][o] && reads(o));
        if is_used && !is_absorbed {
            keep[input.0][channel] = true;
        }
    }
}

/// Channel on channel: a channel is kept in all of the tensors or in none.
fn same(tensors: &[TensorId], keep: &mut [Vec<bool>]) {
    let mut kept = vec![false; keep[tensors[0].0].len()];
    for id in tensors {
        let own = kept.iter_mut().zip(&keep[id.0]);
        own.for_each(|(kept, &own)| *kept |= own);
    }
    for id in tensors {
        keep[id.0].clone_from(&kept);
    }
}

fn reshape(graph: &Graph, node: &Node, keep: &mut [Vec<bool>]) {
    let (input, output) = (node.inputs[0], node.output());
    let repeats = keep[output.0].len() / keep[input.0].len();
    let is_same = repeats == 1 && channel_elements(graph, input) == channel_elements(graph, output);
    let is_flattening = channel_elements(graph, input) == repeats
        && channel_elements(graph, output) == 1
        && keep[output.0].len() == keep[input.0].len() * repeats;
    if !is_same && !is_flattening {
        return opaque(node, keep);
    }
    for channel in 0..keep[input.0].len() {
        let elements = channel * repeats..(channel + 1) * repeats;
        let is_kept = keep[input.0][channel] || keep[output.0][elements.clone()].contains(&true);
        keep[input.0][channel] = is_kept;
        keep[output.0][elements].fill(is_kept);
    }
}

/// An operator that nothing is known of uses and makes all channels.
fn opaque(node: &Node, keep: &mut [Vec<bool>]) {
    for id in node.inputs.iter().chain(&node.outputs) {
        keep[id.0].fill(true);
    }
}
