//! What integer layers can give.

use super::intervals::Interval;
use super::layer::LayerShape;
use crate::ir::{Affine, Graph, Integers, Node};
use crate::options::Numerics;
use crate::quantise::Requantiser;

/// A convolution, fully connected layer, or scale and shift.
pub(super) fn layer(
    graph: &Graph,
    node: &Node,
    input: &[Interval],
    (from, to): (Affine, Affine),
    numerics: Numerics,
) -> Option<Vec<Interval>> {
    let weights = graph.tensor(node.inputs[1]).integers.as_ref()?;
    let bias = node.inputs.get(2).map(|&id| &graph.tensor(id).integers);
    let bias: Option<&Integers> = match bias {
        Some(None) => return None,
        bias => bias.and_then(Option::as_ref),
    };
    let shape = LayerShape::new(graph, node)?;
    let (least, greatest) = (to.quantise(shape.bounds.min), to.quantise(shape.bounds.max));
    let output = |output: usize| {
        let start = bias.map_or(0, |bias| i64::from(bias.values[output]));
        let (mut min, mut max) = (start, start);
        for (position, channel) in shape.inputs_of(output).enumerate() {
            let interval = input[channel];
            for tap in 0..shape.taps {
                let weight = weights.values[shape.index(output, position, tap)];
                let weight = i64::from(weight - weights.zero_point(output));
                let products = [interval.min, interval.max]
                    .map(|x| (x as i64 - i64::from(from.zero_point)) * weight);
                // A tap in the padding adds nothing.
                let padding = if shape.is_padded { 0 } else { products[0] };
                min += products[0].min(products[1]).min(padding);
                max += products[0].max(products[1]).max(padding);
            }
        }
        let requantiser = Requantiser::of_layer(&node.op, numerics, [from, to], weights, output);
        // A sum that may wrap around can be anything.
        let (Ok(min), Ok(max)) = (i32::try_from(min), i32::try_from(max)) else {
            return Interval::any(graph, node.output());
        };
        let finish = |accumulator: i32| {
            let value = requantiser.scale(accumulator).saturating_add(to.zero_point);
            f64::from(value.max(i32::from(least)).min(i32::from(greatest)))
        };
        Interval {
            min: finish(min),
            max: finish(max),
        }
    };
    Some((0..shape.outputs).map(output).collect())
}
