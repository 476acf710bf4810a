use cadet_format::{UnaryF32, UnaryFunction};

use super::importer::Importer;
use super::node::{OnnxNode, Refusal};
use crate::ir::{ElementType, Op, Recurrent, RecurrentKind, TensorId};

/// ONNX's places of the inputs: sequence, weights, recurrence, bias, lengths, initial hidden state, and of an
/// LSTM initial cell state and peepholes.
const CONSTANTS: [usize; 4] = [1, 2, 3, 7];
const LENGTHS: usize = 4;

/// `LSTM`, `GRU`, `RNN` (ONNX versions 7 to 22).
pub(super) fn recurrent(importer: &mut Importer, node: &OnnxNode<'_>) -> Result<(), Refusal> {
    node.expect_attributes(&[
        "activation_alpha",
        "activation_beta",
        "activations",
        "clip",
        "direction",
        "hidden_size",
        "input_forget",
        "layout",
        "linear_before_reset",
    ])?;
    let kind = match node.proto.op_type.as_str() {
        "LSTM" => RecurrentKind::Lstm,
        "GRU" => RecurrentKind::Gru,
        _ => RecurrentKind::Rnn,
    };
    let (inputs, given) = inputs(importer, node, kind)?;
    let batch_first = node.int("layout", 0) != 0;
    let (reverse, directions) = match node.string("direction") {
        "" | "forward" => (false, 1),
        "reverse" => (true, 1),
        _ => (false, 2),
    };
    let (&[first, second, _], &[_, _, hidden]) = (
        importer.graph.shape(inputs[0]),
        importer.graph.shape(inputs[2]),
    ) else {
        return Err(Refusal::malformed(
            "it needs input and recurrence of three dimensions",
        ));
    };
    let (steps, batch) = if batch_first {
        (second, first)
    } else {
        (first, second)
    };
    let (states, all) = if batch_first {
        (
            [batch, directions, hidden],
            [batch, steps, directions, hidden],
        )
    } else {
        (
            [directions, batch, hidden],
            [steps, directions, batch, hidden],
        )
    };
    let op = Op::Recurrent(Box::new(Recurrent {
        kind,
        reverse,
        batch_first,
        variant: node.int("input_forget", 0) != 0 || node.int("linear_before_reset", 0) != 0,
        clip: node.optional_float("clip").unwrap_or(f32::INFINITY),
        activations: activations(node, kind, directions)?,
        given,
    }));
    let scratch = importer.scratch(node, vec![kind.gates(), hidden]);
    let mut outputs = vec![
        scratch,
        importer.output(node, 1, ElementType::F32, &states)?,
    ];
    if kind == RecurrentKind::Lstm {
        outputs.push(importer.output(node, 2, ElementType::F32, &states)?);
    }
    if node
        .proto
        .output
        .first()
        .is_some_and(|name| !name.is_empty())
    {
        outputs.push(importer.output(node, 0, ElementType::F32, &all)?);
    }
    importer.push(node, op, inputs, outputs);
    Ok(())
}

/// The inputs that are given, and which they are.
fn inputs(
    importer: &mut Importer,
    node: &OnnxNode<'_>,
    kind: RecurrentKind,
) -> Result<(Vec<TensorId>, Vec<bool>), Refusal> {
    let places = if kind == RecurrentKind::Lstm { 8 } else { 6 };
    let mut inputs = Vec::new();
    let mut given = Vec::new();
    for index in 0..places {
        let is_given = node.input(index).is_some();
        given.push(is_given);
        if !is_given && index > 2 {
            continue;
        }
        inputs.push(if CONSTANTS.contains(&index) {
            importer.constant_input(node, index)?
        } else if index == LENGTHS {
            importer.input(node, index)?
        } else {
            importer.float_input(node, index)?
        });
    }
    Ok((inputs, given))
}

/// The activations of both directions, three for each.
fn activations(
    node: &OnnxNode<'_>,
    kind: RecurrentKind,
    directions: usize,
) -> Result<[UnaryF32; 6], Refusal> {
    let default: &[&str] = match kind {
        RecurrentKind::Lstm => &["Sigmoid", "Tanh", "Tanh"],
        RecurrentKind::Gru => &["Sigmoid", "Tanh"],
        RecurrentKind::Rnn => &["Tanh"],
    };
    let names = node.strings("activations");
    let names = if names.is_empty() {
        default.repeat(directions)
    } else {
        names
    };
    if names.len() != default.len() * directions {
        return Err(Refusal::malformed(
            "it needs one activation for each gate and direction",
        ));
    }
    let mut alphas = node.floats("activation_alpha").iter().copied();
    let mut betas = node.floats("activation_beta").iter().copied();
    let mut all = [activation("Tanh", &mut alphas, &mut betas)?; 6];
    for (direction, names) in names.chunks(default.len()).enumerate() {
        for (slot, name) in all[3 * direction..].iter_mut().zip(names) {
            *slot = activation(name, &mut alphas, &mut betas)?;
        }
    }
    Ok(all)
}

/// An activation, which takes the parameters that it needs from the lists.
fn activation(
    name: &str,
    alphas: &mut impl Iterator<Item = f32>,
    betas: &mut impl Iterator<Item = f32>,
) -> Result<UnaryF32, Refusal> {
    let mut alpha = |default| alphas.next().unwrap_or(default);
    let (function, alpha, beta) = match name.to_ascii_lowercase().as_str() {
        "relu" => (UnaryFunction::Clamp, 0.0, f32::INFINITY),
        "tanh" => (UnaryFunction::Tanh, 0.0, 0.0),
        "sigmoid" => (UnaryFunction::Sigmoid, 0.0, 0.0),
        "leakyrelu" => (UnaryFunction::LeakyRelu, alpha(0.01), 0.0),
        "thresholdedrelu" => (UnaryFunction::ThresholdedRelu, alpha(1.0), 0.0),
        "hardsigmoid" => (
            UnaryFunction::HardSigmoid,
            alpha(0.2),
            betas.next().unwrap_or(0.5),
        ),
        "softsign" => (UnaryFunction::Softsign, 0.0, 0.0),
        other => {
            return Err(Refusal::new(
                format!("the activation `{other}`"),
                "use Sigmoid, Tanh or Relu",
            ));
        }
    };
    Ok(UnaryF32 {
        function: function as u32,
        alpha,
        beta,
    })
}
