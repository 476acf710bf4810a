use super::channels;
use crate::ir::{Bounds, Graph, Integers, Node, Op};

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
    pub(super) bounds: Bounds,
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
    pub(super) fn inputs_of(&self, output: usize) -> std::ops::Range<usize> {
        let first = output / self.group_outputs * self.depth;
        first..first + self.depth
    }

    /// Where the weight of the `position`-th input of an output channel is.
    pub(super) fn index(&self, output: usize, position: usize, tap: usize) -> usize {
        (output * self.depth + position) * self.taps + tap
    }
}

/// A layer's weights, as its kernel multiplies them.
pub(super) enum Weights<'a> {
    /// Less their zero points.
    Integers(&'a Integers),
    /// Floats.
    Floats(&'a [f32]),
}

impl Weights<'_> {
    /// `None` where they are not known.
    pub(super) fn new<'a>(graph: &'a Graph, node: &Node) -> Option<Weights<'a>> {
        let id = node.inputs[1];
        match (graph.affine(node.inputs[0]), graph.affine(node.output())) {
            (Some(_), Some(_)) => graph.tensor(id).integers.as_ref().map(Weights::Integers),
            (None, None) => graph.constant_f32(id).map(Weights::Floats),
            _ => None,
        }
    }

    /// The weight at an index, of an output channel.
    pub(super) fn get(&self, index: usize, output: usize) -> f64 {
        match self {
            Weights::Integers(integers) => {
                f64::from(integers.values[index] - integers.zero_point(output))
            }
            Weights::Floats(values) => f64::from(values[index]),
        }
    }
}
