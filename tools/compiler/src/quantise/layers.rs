use super::weights::{integer_bias, integer_weights};
use crate::ir::{Graph, Integers, TensorId};

/// Gives the constants of every layer with integer activations their integers, where the model did
/// not bring them.
pub(crate) fn integers_of_layers(graph: &mut Graph) {
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let Some(input) = graph.affine(node.inputs[0]) else {
            continue;
        };
        if !node.op.is_layer() || graph.affine(node.output()).is_none() {
            continue;
        }
        let (weights, bias) = (node.inputs[1], node.inputs.get(2).copied());
        let channels = graph.shape(weights)[0];
        let floats = bias.and_then(|id| graph.constant_f32(id));
        let floats = floats.map_or(vec![0.0; channels], <[f32]>::to_vec);
        // A constant that several layers share has integers of its own in each.
        let given = graph.tensor(weights).integers.as_ref();
        let layer = match given.filter(|integers| integers.is_per_output()) {
            Some(integers) => integers.clone(),
            None => {
                let values = graph.constant_f32(weights).unwrap_or(&[]);
                integer_weights(values, &floats, input.scale)
            }
        };
        if let Some(bias) = bias
            && !has_fitting_integers(graph, bias, input.scale, &layer)
        {
            let integers = integer_bias(&floats, input.scale, &layer);
            graph.nodes[index].inputs[2] = with_integers(graph, bias, integers);
        }
        if graph.tensor(weights).integers.as_ref() != Some(&layer) {
            graph.nodes[index].inputs[1] = with_integers(graph, weights, layer);
        }
    }
}

/// Whether a bias comes in steps of the input's scale times the scale of the channel's weights.
fn has_fitting_integers(
    graph: &Graph,
    bias: TensorId,
    input_scale: f32,
    weights: &Integers,
) -> bool {
    let Some(integers) = &graph.tensor(bias).integers else {
        return false;
    };
    (0..integers.values.len()).all(|channel| {
        let wanted = input_scale * weights.scale(channel);
        let difference = (integers.scale(channel) - wanted).abs();
        difference <= 1e-5 * wanted && integers.zero_point(channel) == 0
    })
}

fn with_integers(graph: &mut Graph, id: TensorId, integers: Integers) -> TensorId {
    let mut tensor = graph.tensor(id).clone();
    tensor.integers = Some(integers);
    graph.add_tensor(tensor)
}
