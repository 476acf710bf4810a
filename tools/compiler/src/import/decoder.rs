//! Language models in ONNX's form with a past, as one pass of a package's program: what attention keeps of earlier
//! tokens is state, and the position a run-time scalar.

use std::collections::HashSet;

use cadet_format::Scalar;
use tract_onnx::pb;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::type_proto::Value as TypeValue;

use super::dimension;
use crate::error::CompileError;

/// Domain of the operators that [`rewrite`] makes, which no model has.
pub(super) const DOMAIN: &str = "cadet.decoder";

/// What [`rewrite`] takes out of a model: what a caller of ONNX Runtime carries from run to run.
const MASK: &str = "attention_mask";
const POSITIONS: &str = "position_ids";
const PAST: &str = "past_key_values.";
const PRESENT: &str = "present.";

/// One of the programs of a language model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// Tokens that it takes in.
    pub(crate) tokens: usize,
    /// Tokens for which the state has room.
    pub(crate) context: usize,
    /// Whether it gives what follows the last token; without, it only takes in tokens.
    pub(crate) gives_logits: bool,
}

impl Pass {
    /// The run-time scalar that says how many tokens came before.
    pub(super) fn position(&self) -> Scalar {
        Scalar {
            min: 0,
            max: self.context.saturating_sub(1) as u32,
            initial: 0,
            reserved: 0,
        }
    }
}

/// Whether a node keeps something for later runs.
pub(super) fn keeps(node: &pb::NodeProto) -> bool {
    node.domain == DOMAIN && node.op_type == "Attention"
}

/// Whether a model is a decoder with a past, as Hugging Face's Optimum names inputs and outputs.
pub(crate) fn has_past(graph: &pb::GraphProto) -> bool {
    graph.input.iter().any(|input| input.name.starts_with(PAST))
}

/// The most tokens that a model's tables of rotary positions have rows for.
pub(crate) fn most_positions(graph: &pb::GraphProto) -> Option<usize> {
    let rotary = graph.node.iter().filter(|node| is_rotary(node));
    let tables = rotary.filter_map(|node| {
        let name = node.input.get(1)?;
        let table = graph.initializer.iter().find(|it| it.name == *name)?;
        usize::try_from(*table.dims.first()?).ok()
    });
    tables.min()
}

/// Makes a model one pass: `Attention` over a past becomes attention over what is kept, `RotaryEmbedding` takes the
/// run's position, and the inputs and outputs for both go.
///
/// # Errors
/// `Interface` with the first node that uses one of these inputs in another way.
pub(super) fn rewrite(model: &mut pb::ModelProto, pass: &Pass) -> Result<(), CompileError> {
    let Some(graph) = &mut model.graph else {
        return Ok(());
    };
    for node in &mut graph.node {
        if is_rotary(node) && node.input.get(3).is_some_and(|it| it == POSITIONS) {
            node.domain = DOMAIN.into();
            node.input.truncate(3);
        } else if is_standard(node, "Attention")
            && node.input.get(4).is_some_and(|it| it.starts_with(PAST))
        {
            node.domain = DOMAIN.into();
            node.input.truncate(3);
            node.output.truncate(1);
            node.attribute.push(pb::AttributeProto {
                name: "context".into(),
                r#type: AttributeType::Int.into(),
                i: pass.context as i64,
                ..Default::default()
            });
        }
    }
    let is_carried = |name: &str| name == MASK || name == POSITIONS || name.starts_with(PAST);
    graph
        .output
        .retain(|it| pass.gives_logits && !it.name.starts_with(PRESENT));
    let carried = graph.input.extract_if(.., |it| is_carried(&it.name));
    let carried: Vec<String> = carried.map(|it| it.name).collect();
    drop_dependents(graph, &carried)?;
    // Shapes of the form with any number of tokens.
    graph.value_info.clear();
    for input in &mut graph.input {
        let value = input.r#type.as_mut().and_then(|kind| kind.value.as_mut());
        if let Some(TypeValue::TensorType(tensor)) = value {
            let shape = tensor.shape.get_or_insert_default();
            shape.dim = vec![dimension(1), dimension(pass.tokens)];
        }
    }
    Ok(())
}

/// Drops what is computed from inputs that are not there any more: masks, which nothing reads now.
fn drop_dependents(graph: &mut pb::GraphProto, carried: &[String]) -> Result<(), CompileError> {
    let mut gone: HashSet<&str> = carried.iter().map(String::as_str).collect();
    let mut dropped = HashSet::new();
    for (index, node) in graph.node.iter().enumerate() {
        let Some(input) = node.input.iter().find(|name| gone.contains(name.as_str())) else {
            continue;
        };
        let outputs = node.output.iter().map(String::as_str);
        gone.extend(outputs);
        dropped.insert(index);
        let is_output = graph.output.iter().any(|it| node.output.contains(&it.name));
        if node.domain == DOMAIN || is_output {
            return Err(CompileError::Interface {
                kind: "input",
                name: carried.join("`, `"),
                reason: format!(
                    "node `{}` ({}) depends on one of them through `{input}`; a decoder is compiled where only \
                     `Attention` reads the past and the mask, and only `RotaryEmbedding` the positions (opset 23)",
                    node.name, node.op_type
                ),
            });
        }
    }
    let mut index = 0;
    graph.node.retain(|_| {
        index += 1;
        !dropped.contains(&(index - 1))
    });
    Ok(())
}

fn is_rotary(node: &pb::NodeProto) -> bool {
    is_standard(node, "RotaryEmbedding")
}

fn is_standard(node: &pb::NodeProto, op: &str) -> bool {
    node.op_type == op && matches!(node.domain.as_str(), "" | "ai.onnx")
}
