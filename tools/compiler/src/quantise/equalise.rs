use super::observe::Activations;
use crate::ir::{Bounds, Graph, Node, Op, TensorId};

/// Sweeps over the graph at most.
const SWEEPS: usize = 20;
/// Change of a channel's scale that counts as none.
const TOLERANCE: f32 = 0.01;

/// Cross-layer equalisation (Nagel and others, "Data-free quantization through weight equalization and bias
/// correction", 2019, 4.1): channels between two layers are scaled down in the first and up by as much in the
/// second, which changes nothing in floats, so that each takes as much of the range of an int8 as the others.
///
/// The paper weighs the weights of the first layer against those of the second. Ours have a scale for every
/// output channel, so what suffers from unequal channels are the activations: `reaches`, the greatest magnitude in
/// each channel of each tensor, stand in for the first.
pub(super) fn equalise(graph: &mut Graph, mut reaches: Activations) {
    for _ in 0..SWEEPS {
        let mut is_settled = true;
        for index in 0..graph.nodes.len() {
            let Some(pair) = Pair::from(graph, index) else {
                continue;
            };
            let Some(reach) = reaches.get_mut(&pair.between) else {
                continue;
            };
            let scales = pair.scales(graph, reach);
            is_settled &= scales.iter().all(|scale| scale.ln().abs() < TOLERANCE);
            pair.scale(graph, &scales);
            let channels = reach.iter_mut().zip(&scales);
            channels.for_each(|(reach, scale)| *reach /= scale);
        }
        if is_settled {
            break;
        }
    }
}

/// Two layers of which the second alone reads what the first writes, with nothing between that a scale could
/// not pass.
struct Pair {
    first: usize,
    second: usize,
    between: TensorId,
    /// Number of input channels of the second, and of groups of them.
    channels: usize,
    groups: usize,
}

impl Pair {
    fn from(graph: &Graph, first: usize) -> Option<Pair> {
        let node = &graph.nodes[first];
        let bounds = layer(graph, node)?.0;
        if bounds != Bounds::NONE && bounds != Bounds::RELU {
            return None;
        }
        let between = node.output();
        let second = graph.sole_consumer(between)?;
        let reader = &graph.nodes[second];
        let (_, groups) = layer(graph, reader)?;
        let is_dense = |node: &Node| matches!(node.op, Op::FullyConnected { .. });
        // A convolution's channels are not those of a product along the last axis.
        (is_dense(node) == is_dense(reader) && reader.inputs[0] == between).then(|| Pair {
            first,
            second,
            between,
            channels: graph.shape(node.inputs[1])[0],
            groups,
        })
    }

    /// What each channel is divided by in the first layer.
    fn scales(&self, graph: &Graph, reach: &[f32]) -> Vec<f32> {
        let mut weights = vec![0.0_f32; self.channels];
        let id = graph.nodes[self.second].inputs[1];
        for (index, value) in graph.constant_f32(id).unwrap_or(&[]).iter().enumerate() {
            let weight = &mut weights[self.channel(graph.shape(id), index)];
            *weight = weight.max(value.abs());
        }
        // Weights of a channel of their own share no scale with others.
        let is_depthwise = self.groups == self.channels;
        let scale = |(&reach, weight): (&f32, f32)| {
            let scale = if is_depthwise {
                reach
            } else {
                (reach / weight).sqrt()
            };
            if scale.is_normal() { scale } else { 1.0 }
        };
        reach.iter().zip(weights).map(scale).collect()
    }

    /// The input channel that a weight of the second layer belongs to.
    fn channel(&self, shape: &[usize], index: usize) -> usize {
        let taps: usize = shape[2..].iter().product();
        let (output, input) = (index / taps / shape[1], index / taps % shape[1]);
        output / (shape[0] / self.groups) * shape[1] + input
    }

    fn scale(&self, graph: &mut Graph, scales: &[f32]) {
        let reader = graph.nodes[self.second].inputs[1];
        let shape = graph.shape(reader).to_vec();
        rewrite(graph, self.second, 1, |index, value| {
            value * scales[self.channel(&shape, index)]
        });
        for operand in 1..graph.nodes[self.first].inputs.len() {
            let id = graph.nodes[self.first].inputs[operand];
            let depth = graph.tensor(id).len() / self.channels;
            rewrite(graph, self.first, operand, |index, value| {
                value / scales[index / depth]
            });
        }
    }
}

/// Bounds and groups of a layer whose weights may be scaled.
fn layer(graph: &Graph, node: &Node) -> Option<(Bounds, usize)> {
    let mut constants = node.inputs.get(1..)?.iter();
    let is_plain =
        |&id: &TensorId| graph.constant_f32(id).is_some() && graph.tensor(id).integers.is_none();
    let kind = match node.op {
        Op::Conv { bounds, group, .. } => (bounds, group),
        Op::FullyConnected { bounds } => (bounds, 1),
        _ => return None,
    };
    constants.all(is_plain).then_some(kind)
}

/// Gives a node a constant of its own with other values.
fn rewrite(graph: &mut Graph, node: usize, operand: usize, value: impl Fn(usize, f32) -> f32) {
    let id = graph.nodes[node].inputs[operand];
    let tensor = graph.tensor(id);
    let (name, shape) = (tensor.name.clone(), tensor.shape.clone());
    let values = graph.constant_f32(id).unwrap_or(&[]).iter().enumerate();
    let values = values.map(|(index, &old)| value(index, old)).collect();
    graph.nodes[node].inputs[operand] = graph.add_constant(name, shape, values);
}
