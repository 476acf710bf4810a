use super::intervals::Interval;
use super::layer::{LayerShape, Weights};
use super::{channel_elements, channels, zero};
use crate::ir::{Graph, Node, Op, TensorId};

/// Which channels of each tensor must be computed; empty for tensors that have none. With `fast_math` the
/// bias of a float layer takes in constants.
pub(super) fn keep(graph: &Graph, intervals: &[Vec<Interval>], fast_math: bool) -> Vec<Vec<bool>> {
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
            visit(graph, node, intervals, fast_math, &mut keep);
        }
        for (kept, intervals) in keep.iter_mut().zip(intervals) {
            // A tensor without channels would have no shape; a constant needs no inputs.
            if !kept.is_empty() && !kept.contains(&true) {
                let mut intervals = intervals.iter();
                let constant = intervals.position(|interval| interval.constant().is_some());
                kept[constant.unwrap_or(0)] = true;
            }
        }
        if keep == before {
            return keep;
        }
    }
}

fn visit(
    graph: &Graph,
    node: &Node,
    intervals: &[Vec<Interval>],
    fast_math: bool,
    keep: &mut [Vec<bool>],
) {
    let (input, output) = (node.inputs[0], node.output());
    let both = !keep[input.0].is_empty() && !keep[output.0].is_empty();
    match &node.op {
        op if op.is_layer() && both => {
            let shape = LayerShape::new(graph, node);
            let weights = Weights::new(graph, node);
            if let (Some(shape), Some(weights)) = (shape, weights) {
                if shape.is_full() {
                    let is_absorbed = |channel: usize| {
                        let constant = intervals[input.0][channel].constant();
                        // The padding shows a constant at some places only.
                        let may_move = !shape.is_padded
                            && (matches!(weights, Weights::Integers(_)) || fast_math);
                        constant.is_some_and(|value| value == zero(graph, input) || may_move)
                    };
                    return full(node, &shape, &weights, is_absorbed, keep);
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
        Op::Unary(_) | Op::Function(_) if both => same(&[input, output], keep),
        Op::Reshape if both => reshape(graph, node, keep),
        _ => opaque(node, keep),
    }
}

/// Every output channel reads every input channel, but for those that the bias takes in.
fn full(
    node: &Node,
    shape: &LayerShape,
    weights: &Weights<'_>,
    is_absorbed: impl Fn(usize) -> bool,
    keep: &mut [Vec<bool>],
) {
    let (input, output) = (node.inputs[0], node.output());
    for channel in 0..keep[input.0].len() {
        if keep[input.0][channel] || is_absorbed(channel) {
            continue;
        }
        let reads = |output: usize| {
            let mut taps = 0..shape.taps;
            taps.any(|tap| weights.get(shape.index(output, channel, tap), output) != 0.0)
        };
        let is_used = (0..shape.outputs).any(|o| keep[output.0][o] && reads(o));
        keep[input.0][channel] = is_used;
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
