use super::{channel_elements, channels, floats, integers, zero};
use crate::ir::{Bounds, Graph, Node, Op, TensorId};
use crate::options::Options;

/// Floats of inputs are taken to be no larger than this where nobody says what they keep to: with infinities
/// nothing could be proven of a sum, and no sensor gives such values.
const LARGEST_INPUT: f64 = 1e9;

/// Least and greatest element that a channel can hold: an integer, or a float that is not NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Interval {
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Interval {
    /// Any element of a tensor.
    pub(super) fn any(graph: &Graph, id: TensorId) -> Interval {
        let (min, max) = match graph.affine(id) {
            Some(_) => (-128.0, 127.0),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        Interval { min, max }
    }

    /// The value, where there is only one.
    pub(super) fn constant(self) -> Option<f64> {
        (self.min == self.max).then_some(self.min)
    }

    /// What lies in either, and between them.
    pub(super) fn joined(self, other: Interval) -> Interval {
        Interval {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// With `value` too.
    pub(super) fn including(self, value: f64) -> Interval {
        self.joined(Interval {
            min: value,
            max: value,
        })
    }

    /// Clamped to bounds.
    pub(super) fn within(self, bounds: Bounds) -> Interval {
        let (least, greatest) = (f64::from(bounds.min), f64::from(bounds.max));
        let clamp = |value: f64| value.max(least).min(greatest);
        Interval {
            min: clamp(self.min),
            max: clamp(self.max),
        }
    }
}

/// The interval of each channel of each tensor; empty for tensors that have no channels.
pub(super) fn intervals(graph: &Graph, options: &Options) -> Vec<Vec<Interval>> {
    let all = |index| {
        let id = TensorId(index);
        vec![Interval::any(graph, id); channels(graph, id).unwrap_or(0)]
    };
    let mut intervals: Vec<Vec<Interval>> = (0..graph.tensors.len()).map(all).collect();
    for &id in &graph.inputs {
        let tensor = graph.tensor(id);
        let range = match options.input_ranges.get(&tensor.name) {
            Some(&(min, max)) => {
                let declared = |value: f32| match tensor.affine {
                    Some(affine) => f64::from(affine.quantise(value)),
                    None => f64::from(value),
                };
                [declared(min), declared(max)]
            }
            None if tensor.affine.is_none() => [-LARGEST_INPUT, LARGEST_INPUT],
            None => continue,
        };
        let [min, max] = range;
        intervals[id.0].fill(Interval { min, max });
    }
    for node in &graph.nodes {
        if let Some(narrower) = of_node(graph, node, &intervals, options) {
            intervals[node.output().0] = narrower;
        }
    }
    intervals
}

fn of_node(
    graph: &Graph,
    node: &Node,
    intervals: &[Vec<Interval>],
    options: &Options,
) -> Option<Vec<Interval>> {
    let outputs = channels(graph, node.output())?;
    let input = &intervals[node.inputs[0].0];
    if input.is_empty() {
        return None;
    }
    let affines = (graph.affine(node.inputs[0]), graph.affine(node.output()));
    match &node.op {
        op if op.is_layer() => match affines {
            (Some(from), Some(to)) => {
                integers::layer(graph, node, input, (from, to), options.numerics)
            }
            (None, None) => floats::layer(graph, node, input),
            _ => None,
        },
        Op::MaxPool { .. } if affines.0 == affines.1 => Some(input.clone()),
        // Padding may count as zero.
        Op::AveragePool { window, .. } if affines.0 == affines.1 => {
            let zero = zero(graph, node.output());
            let widened = input.iter().map(|interval| interval.including(zero));
            Some(match affines.0 {
                // The mean of integers lies between them.
                Some(_) => widened.collect(),
                None => widened
                    .map(|interval| floats::rounded(interval, window.taps()))
                    .collect(),
            })
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
        // Where channels become another axis, any of them may be found in any.
        Op::Transpose { .. } if affines.0 == affines.1 => {
            let all = input.iter().copied();
            Some(vec![all.reduce(Interval::joined)?; outputs])
        }
        op if affines == (None, None) => {
            let others = node.inputs.get(1).map_or(&[][..], |id| &intervals[id.0]);
            floats::elementwise(op, input, others, outputs)
        }
        _ => None,
    }
}
