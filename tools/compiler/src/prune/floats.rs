//! What float steps can give, whatever order they add in: intervals take in the rounding.

use cadet_kernels::unary::Function;

use super::intervals::Interval;
use super::layer::LayerShape;
use crate::ir::{Graph, Node, Op, SoftmaxKind, Unary};

/// Twice the unit roundoff of f32: `n` operations err by at most `n` times this share of the summed
/// magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1).
const ROUNDING: f64 = 1.0 / (1 << 23) as f64;
/// How far functions into 0 to 1, or -1 to 1, may step out.
const BEYOND: f64 = 1e-6;

/// A convolution, fully connected layer, or scale and shift.
pub(super) fn layer(graph: &Graph, node: &Node, input: &[Interval]) -> Option<Vec<Interval>> {
    let shape = LayerShape::new(graph, node)?;
    let weights = graph.constant_f32(node.inputs[1])?;
    let bias = match node.inputs.get(2) {
        Some(&id) => graph.constant_f32(id)?,
        None => &[],
    };
    let output = |output: usize| {
        let bias = bias.get(output).map_or(0.0, |&bias| f64::from(bias));
        let (mut min, mut max) = (bias, bias);
        let (mut products, mut count) = (0.0, 0u32);
        for (position, channel) in shape.inputs_of(output).enumerate() {
            let Interval {
                min: low,
                max: high,
            } = input[channel];
            for tap in 0..shape.taps {
                let weight = f64::from(weights[shape.index(output, position, tap)]);
                if weight == 0.0 || (low, high) == (0.0, 0.0) {
                    continue;
                }
                let [a, b] = [low * weight, high * weight];
                // A tap in the padding adds nothing.
                let padding = if shape.is_padded { 0.0 } else { a };
                min += a.min(b).min(padding);
                max += a.max(b).max(padding);
                products += a.abs().max(b.abs());
                count += 1;
            }
        }
        let magnitude = bias.abs() + products;
        // A sum that may overflow can be anything.
        if is_large(magnitude) {
            return Interval::any(graph, node.output()).within(shape.bounds);
        }
        if is_absorbed(products, bias, count) {
            let constant = Interval {
                min: bias,
                max: bias,
            };
            return constant.within(shape.bounds);
        }
        let error = match count {
            // Sums of zeros are exact, and so is their sum with the bias.
            0 => 0.0,
            // One product and one sum for each weight, the scale of compressed weights and the bias; and what
            // is too small for a normal float may be lost.
            _ => {
                let operations = f64::from(2 * count + 4);
                operations * (magnitude * ROUNDING + f64::from(f32::MIN_POSITIVE))
            }
        };
        let sum = Interval {
            min: min - error,
            max: max + error,
        };
        sum.within(shape.bounds)
    };
    Some((0..shape.outputs).map(output).collect())
}

/// Whether so many products of that magnitude vanish in the rounding when they are added to a bias, in any order:
/// all of them together are less than a quarter of the distance to the next float.
fn is_absorbed(products: f64, bias: f64, count: u32) -> bool {
    let lost = f64::from(2 * count + 4) * f64::from(f32::MIN_POSITIVE);
    2.0 * products + lost < bias.abs() * ROUNDING / 8.0
}

/// Whether floats of this magnitude may overflow.
fn is_large(magnitude: f64) -> bool {
    magnitude >= f64::from(f32::MAX) / 2.0 || magnitude.is_nan()
}

/// The interval of the sum of two elements, or of the mean of elements, after the rounding of `operations`.
pub(super) fn rounded(interval: Interval, operations: usize) -> Interval {
    let magnitude = interval.min.abs().max(interval.max.abs());
    if is_large(magnitude * operations as f64) {
        return Interval {
            min: f64::NEG_INFINITY,
            max: f64::INFINITY,
        };
    }
    let error = (operations + 1) as f64 * magnitude * ROUNDING;
    Interval {
        min: interval.min - error,
        max: interval.max + error,
    }
}

/// Other operators, channel by channel.
pub(super) fn elementwise(
    op: &Op,
    input: &[Interval],
    others: &[Interval],
    outputs: usize,
) -> Option<Vec<Interval>> {
    let unit = |min: f64| Interval {
        min: min - BEYOND,
        max: 1.0 + BEYOND,
    };
    match op {
        Op::Unary(Unary::Clip(bounds)) => Some(
            input
                .iter()
                .map(|interval| interval.within(*bounds))
                .collect(),
        ),
        Op::Unary(Unary::Plain(Function::Sigmoid | Function::HardSigmoid(..))) => {
            Some(vec![unit(0.0); outputs])
        }
        Op::Unary(Unary::Plain(Function::Tanh)) => Some(vec![unit(-1.0); outputs]),
        Op::Softmax {
            kind: SoftmaxKind::Soft,
            ..
        } => Some(vec![unit(0.0); outputs]),
        Op::Add { bounds } if input.len() == outputs && others.len() == outputs => {
            let pairs = input.iter().zip(others);
            let sum = |(a, b): (&Interval, &Interval)| {
                let sum = Interval {
                    min: a.min + b.min,
                    max: a.max + b.max,
                };
                rounded(sum, 1).within(*bounds)
            };
            Some(pairs.map(sum).collect())
        }
        _ => None,
    }
}
