use super::{channel_elements, channels};
use crate::ir::{Graph, Integers, Node, Op, TensorId};
use crate::options::Numerics;
use crate::quantise::Requantiser;

/// Least and greatest integer that a channel can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) min: i32,
    pub(super) max: i32,
}

impl Interval {
    const ALL: Interval = Interval {
        min: -128,
        max: 127,
    };

    /// The value, where there is only one.
    pub(super) fn constant(self) -> Option<i32> {
        (self.min == self.max).then_some(self.min)
    }
}

/// The interval of each channel of each tensor; empty for tensors that have no channels.
pub(super) fn intervals(graph: &Graph, numerics: Numerics) -> Vec<Vec<Interval>> {
    let all = |index| vec![Interval::ALL; channels(graph, TensorId(index)).unwrap_or(0)];
    let mut intervals: Vec<Vec<Interval>> = (0..graph.tensors.len()).map(all).collect();
    for node in &graph.nodes {
        if let Some(narrower) = of_node(graph, node, &intervals, numerics) {
            intervals[node.output().0] = narrower;
        }
    }
    intervals
}

fn of_node(
    graph: &Graph,
    node: &Node,
    intervals: &[Vec<Interval>],
    numerics: Numerics,
) -> Option<Vec<Interval>> {
    let outputs = channels(graph, node.output())?;
    let input = &intervals[node.inputs[0].0];
    if input.is_empty() {
        return None;
    }
    match &node.op {
        op if op.is_layer() => layer(graph, node, input, numerics),
        // The mean of integers lies between them; padding may count as zero.
        Op::MaxPool { .. } | Op::AveragePool { .. } => {
            let affine = graph.affine(node.output())?;
            let is_same = graph.affine(node.inputs[0])? == affine;
            let zero = affine.zero_point;
            let widen = |interval: &Interval| Interval {
                min: interval.min.min(zero),
                max: interval.max.max(zero),
            };
            let is_max = matches!(node.op, Op::MaxPool { .. });
            let keeps = |interval: &Interval| if is_max { *interval } else { widen(interval) };
            is_same.then(|| input.iter().map(keeps).collect())
        }
        Op::Reshape => {
            let repeats = channel_elements(graph, node.inputs[0]);
            let is_flattening = outputs == input.len() * repeats;
            let is_same =
                outputs == input.len() && channel_elements(graph, node.output()) == repeats;
            if is_same {
                return Some(input.clone());
            }
            let repeated = |interval: &Interval| vec![*interval; repeats];
            is_flattening.then(|| input.iter().flat_map(repeated).collect())
        }
        _ => None,
    }
}

/// A convolution, fully connected layer, or scale and shift.
fn layer(
    graph: &Graph,
    node: &Node,
    input: &[Interval],
    numerics: Numerics,
) -> Option<Vec<Interval>> {
    let (from, to) = (graph.affine(node.inputs[0])?, graph.affine(node.output())?);
    let weights = graph.tensor(node.inputs[1]).integers.as_ref()?;
    let bias = node.inputs.get(2).map(|&id| &graph.tensor(id).integers);
    let bias: Option<&Integers> = match bias {
        Some(None) => return None,
        bias => bias.and_then(Option::as_ref),
    };
    let shape = LayerShape::new(graph, node)?;
    let (least, greatest) = (to.quantise(shape.bounds.min), to.quantise(shape.bounds.max));
    (0..shape.outputs)
        .map(|output| {
            let start = bias.map_or(0, |bias| i64::from(bias.values[output]));
            let (mut min, mut max) = (start, start);
            for (position, channel) in shape.inputs_of(output).enumerate() {
                let interval = input[channel];
                for tap in 0..shape.taps {
                    let weight = shape.weight(weights, output, position, tap);
                    let products = [interval.min, interval.max]
                        .map(|x| i64::from(x - from.zero_point) * i64::from(weight));
                    // A tap in the padding adds nothing.
                    let padding = if shape.is_padded { 0 } else { products[0] };
                    min += products[0].min(products[1]).min(padding);
                    max += products[0].max(products[1]).max(padding);
                }
            }
            let requantiser =
                Requantiser::of_layer(&node.op, numerics, [from, to], weights, output);
            // A sum that may wrap around can be anything.
            let (Ok(min), Ok(max)) = (i32::try_from(min), i32::try_from(max)) else {
                return Some(Interval::ALL);
            };
            let finish = |accumulator: i32| {
                let value = requantiser.scale(accumulator).saturating_add(to.zero_point);
                value.max(i32::from(least)).min(i32::from(greatest))
            };
            let (min, max) = (finish(min), finish(max));
            Some(Interval { min, max })
        })
        .collect()
}

/// How a layer's weights connect its channels.
pub(super) struct LayerShape {
    /// Output channels.
    pub(super) outputs: usize,
    /// Taps of the window.
    pub(super) taps: usize,
    /// Input channels that one output channel reads.
    pub(super) depth: usize,
    /// Whether some taps lie outside the input.
    pub(super) is_padded: bool,
    /// Clamp of the result.
    bounds: crate::ir::Bounds,
    /// Output channels a group.
    group_outputs: usize,
}

impl LayerShape {
    /// `None` where the layer's activations have no channels, or its weights do not fit them.
    pub(super) fn new(graph: &Graph, node: &Node) -> Option<LayerShape> {
        let inputs = channels(graph, node.inputs[0])?;
        let outputs = channels(graph, node.output())?;
        let weights = graph.shape(node.inputs[1]);
        let (groups, taps, is_padded, bounds) = match node.op {
            Op::Conv {
                window,
                group,
                transposed,
                bounds,
            } => {
                let pads = [window.pads_begin, window.pads_end];
                // Between the strides of a transposed convolution lies padding too.
                let is_padded = transposed || pads.iter().flatten().any(|&pad| pad > 0);
                (group, weights.iter().skip(2).product(), is_padded, bounds)
            }
            Op::FullyConnected { bounds } if graph.shape(node.inputs[0]).len() == 2 => {
                (1, 1, false, bounds)
            }
            Op::ScaleShift { axis: 1, bounds } => (inputs, 1, false, bounds),
            _ => return None,
        };
        let depth = inputs / groups;
        let fits = weights.iter().product::<usize>() == outputs * depth * taps;
        fits.then_some(LayerShape {
            outputs,
            taps,
            depth,
            is_padded,
            bounds,
            group_outputs: outputs / groups,
        })
    }

    /// Whether every output reads every input.
    pub(super) fn is_full(&self) -> bool {
        self.group_outputs == self.outputs
    }

    /// Whether output channel `c` reads input channel `c` alone.
    pub(super) fn is_depthwise(&self) -> bool {
        self.depth == 1 && self.group_outputs == 1 && !self.is_full()
    }

    /// The input channels of an output channel.
    fn inputs_of(&self, output: usize) -> std::ops::Range<usize> {
        let first = output / self.group_outputs * self.depth;
        first..first + self.depth
    }

    /// A weight without its zero point: of the `position`-th input of an output channel.
    pub(super) fn weight(
        &self,
        weights: &Integers,
        output: usize,
        position: usize,
        tap: usize,
    ) -> i32 {
        let index = (output * self.depth + position) * self.taps + tap;
        weights.values[index] - weights.zero_point(output)
    }
}
