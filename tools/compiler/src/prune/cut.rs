use super::intervals::Interval;
use super::layer::{LayerShape, Weights};
use super::zero;
use crate::ir::{ElementType, Graph, Integers, Tensor, TensorId, Values};

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
    let computed: Vec<TensorId> = graph.nodes.iter().map(|node| node.output()).collect();
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
    let (Some(shape), Some(weights)) = (LayerShape::new(graph, node), Weights::new(graph, node))
    else {
        return;
    };
    let (input, kept_outputs) = (node.inputs[0], &keep[node.output().0]);
    let kept_inputs = &keep[input.0];
    let outputs: Vec<usize> = (0..shape.outputs).filter(|&o| kept_outputs[o]).collect();
    // Positions among the inputs that one output reads.
    let (positions, gone): (Vec<usize>, Vec<usize>) =
        (0..shape.depth).partition(|&position| !shape.is_full() || kept_inputs[position]);

    // What the channels that are gone add to an output.
    let zero = zero(graph, input);
    let added = |output: usize| -> f64 {
        let part = |&position: &usize| {
            // A channel without a constant is cut only where all its weights are zero.
            let constant = intervals[input.0][position].constant().unwrap_or(zero);
            let taps = 0..shape.taps;
            let taps = taps.map(|tap| weights.get(shape.index(output, position, tap), output));
            (constant - zero) * taps.sum::<f64>()
        };
        gone.iter().map(part).sum()
    };
    let added: Vec<f64> = outputs.iter().map(|&output| added(output)).collect();
    let taps = 0..shape.taps;
    let source: Vec<usize> = outputs
        .iter()
        .flat_map(|&o| positions.iter().map(move |&p| (o, p)))
        .flat_map(|(o, p)| taps.clone().map(move |tap| (o, p, tap)))
        .map(|(o, p, tap)| shape.index(o, p, tap))
        .collect();
    let weights_id = node.inputs[1];
    let mut weights_shape = graph.shape(weights_id).to_vec();
    weights_shape[0] = outputs.len();
    if shape.is_full() && weights_shape.len() > 1 {
        weights_shape[1] = positions.len();
    }
    let cut_weights = gathered(graph.tensor(weights_id), &source, &outputs, weights_shape);

    let whole_bias = match node.inputs.get(2) {
        Some(&id) => graph.tensor(id).clone(),
        None => no_bias(format!("{} bias", node.name), shape.outputs),
    };
    let mut bias = gathered(&whole_bias, &outputs, &outputs, vec![outputs.len()]);
    add(&mut bias, &added, matches!(weights, Weights::Integers(_)));
    let weights = graph.add_tensor(cut_weights);
    let bias = graph.add_tensor(bias);
    let node = &mut graph.nodes[index];
    node.inputs = vec![input, weights, bias];
    node.op.set_channels(outputs.len());
}

/// Adds what channels that are gone did to a bias.
fn add(bias: &mut Tensor, added: &[f64], to_integers: bool) {
    let Tensor {
        values, integers, ..
    } = bias;
    let Some(Values::F32(values)) = values else {
        return;
    };
    for (output, &added) in added.iter().enumerate().filter(|(_, added)| **added != 0.0) {
        match integers {
            Some(integers) if to_integers => {
                // Sums of products of bytes: exact in f64.
                let sum = integers.values[output].wrapping_add(added as i64 as i32);
                integers.values[output] = sum;
                values[output] = sum as f32 * integers.scale(output);
            }
            _ => {
                values[output] = (f64::from(values[output]) + added) as f32;
                *integers = None;
            }
        }
    }
}

/// A bias of zeros.
fn no_bias(name: String, outputs: usize) -> Tensor {
    let zeros = Integers {
        values: vec![0; outputs],
        scales: vec![1.0],
        zero_points: vec![0],
        axis: 0,
    };
    Tensor {
        values: Some(Values::F32(vec![0.0; outputs])),
        integers: Some(zeros),
        ..Tensor::activation(name, ElementType::F32, vec![outputs])
    }
}

/// The elements of a constant at `source`, with what belongs to the output channels that are left.
fn gathered(constant: &Tensor, source: &[usize], outputs: &[usize], shape: Vec<usize>) -> Tensor {
    let left = |integers: &Integers| Integers {
        values: source.iter().map(|&index| integers.values[index]).collect(),
        scales: per_output(&integers.scales, outputs),
        zero_points: per_output(&integers.zero_points, outputs),
        axis: 0,
    };
    let integers = constant.integers.as_ref();
    let integers = integers.filter(|integers| integers.is_per_output());
    let values = match &constant.values {
        Some(Values::F32(values)) => Some(Values::F32(
            source.iter().map(|&index| values[index]).collect(),
        )),
        values => values.clone(),
    };
    Tensor {
        shape,
        values,
        integers: integers.map(left),
        ..constant.clone()
    }
}

/// The entries of the output channels that are left, or the one entry for all.
fn per_output<T: Copy>(entries: &[T], outputs: &[usize]) -> Vec<T> {
    match entries {
        [one] => vec![*one],
        _ => outputs.iter().map(|&output| entries[output]).collect(),
    }
}
