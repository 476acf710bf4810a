use super::by_channel::by_channel;
use super::drift::origins;
use super::integers_of_layers;
use super::observe::Activations;
use crate::error::CompileError;
use crate::ir::{Bounds, ElementType, Graph, Node, Tensor, TensorId};
use crate::options::{IoLayout, Options};
use crate::run::{Scratch, defect, floats};

/// Bias correction (Nagel and others, "Data-free quantization through weight equalization and bias
/// correction", 2019, 4.2): the mean of what rounding the weights of an integer layer adds to each output channel goes
/// off the bias. A layer is linear, so that its mean result is that of its mean input: `means`, by tensor of the
/// float graph, which has `count` of them.
pub(super) fn correct(
    graph: &mut Graph,
    count: usize,
    means: &Activations,
    options: &Options,
) -> Result<(), CompileError> {
    let origins = origins(graph, count);
    for index in 0..graph.nodes.len() {
        let node = &graph.nodes[index];
        let is_integer =
            graph.affine(node.inputs[0]).is_some() && graph.affine(node.output()).is_some();
        if !node.op.is_layer() || !is_integer {
            continue;
        }
        let mean = means.get(&origins[&node.inputs[0]]);
        let shift = match mean {
            Some(mean) => mean_error(graph, node, mean, options)?,
            None => vec![0.0; graph.shape(node.inputs[1])[0]],
        };
        let old = node.inputs.get(2).and_then(|&id| graph.constant_f32(id));
        let bias = shift.iter().enumerate();
        let bias = bias
            .map(|(c, shift)| old.map_or(0.0, |old| old[c]) - shift)
            .collect();
        let name = format!("{} bias", node.name);
        let bias = graph.add_constant(name, vec![shift.len()], bias);
        let inputs = &mut graph.nodes[index].inputs;
        inputs.truncate(2);
        inputs.push(bias);
    }
    integers_of_layers(graph);
    Ok(())
}

/// What the integer weights of a layer add to each output channel, on average over its pixels, where `input` goes in.
fn mean_error(
    graph: &Graph,
    node: &Node,
    input: &[f32],
    options: &Options,
) -> Result<Vec<f32>, CompileError> {
    let weights = graph.tensor(node.inputs[1]);
    let (Some(exact), Some(integers)) = (graph.constant_f32(node.inputs[1]), &weights.integers)
    else {
        return Ok(vec![0.0; weights.shape[0]]);
    };
    let depth = exact.len() / weights.shape[0];
    let error = exact.iter().zip(&integers.values).enumerate();
    let error = error.map(|(index, (&exact, &integer))| {
        let channel = index / depth;
        (integer - integers.zero_point(channel)) as f32 * integers.scale(channel) - exact
    });
    let mut layer = Graph::default();
    let shape = |id: TensorId| graph.shape(id).to_vec();
    let activation =
        |name: &str, id: TensorId| Tensor::activation(name.into(), ElementType::F32, shape(id));
    let x = layer.add_tensor(activation("x", node.inputs[0]));
    let w = layer.add_constant("w".into(), weights.shape.clone(), error.collect());
    let y = layer.add_tensor(activation("y", node.output()));
    let mut op = node.op.clone();
    if let Some(bounds) = op.bounds_mut() {
        *bounds = Bounds::NONE;
    }
    layer.inputs = vec![x];
    layer.outputs = vec![y];
    let output_shape = graph.shape(node.output());
    let axis = op.channel_axis(output_shape.len()).unwrap_or(0);
    layer.nodes = vec![Node {
        name: node.name.clone(),
        op,
        inputs: vec![x, w],
        outputs: vec![y],
    }];
    let options = Options {
        io: IoLayout::Onnx,
        ..options.clone()
    };
    let scratch = Scratch::new(layer, &options)?;
    let mut arena = scratch.arena();
    let mut session = scratch.session(&mut arena)?;
    session.write_input(0, 0, input).map_err(defect)?;
    session.run(0).map_err(defect)?;
    let output = floats(&session, scratch.lowered.outputs[0])?;
    let mut sums = vec![0.0_f64; output_shape[axis]];
    for (channel, value) in by_channel(output, output_shape, axis) {
        sums[channel] += f64::from(value);
    }
    let pixels = (output.len() / sums.len()) as f64;
    Ok(sums.into_iter().map(|sum| (sum / pixels) as f32).collect())
}
