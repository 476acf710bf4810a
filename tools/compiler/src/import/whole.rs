//! What is told of a model that is packaged as it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use tract_onnx::pb;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as DimValue;
use tract_onnx::pb::type_proto::Value as TypeValue;

use super::facts::{Fact, Inference};
use super::node::OnnxNode;
use super::{initializers, read, standard_opset};
use crate::error::CompileError;

/// A model's interface and nodes.
pub(crate) struct Whole {
    pub(crate) name: String,
    /// Names and shapes.
    pub(crate) inputs: Vec<(String, Vec<usize>)>,
    pub(crate) outputs: Vec<String>,
    pub(crate) nodes: Vec<WholeNode>,
    /// Nodes of which tract is known to compute other values than ONNX defines, and which.
    pub(crate) untrusted: Vec<String>,
}

/// A node, with shapes where they are known.
pub(crate) struct WholeNode {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) inputs: Vec<Vec<usize>>,
    pub(crate) output: Vec<usize>,
}

/// Reads what a package tells of a model; `input_shapes` as in [`import`](super::import).
///
/// # Errors
/// `Parse` and `Option` as [`import`](super::import); `Interface` where an input's shape is open.
pub(crate) fn read_whole(
    onnx: &[u8],
    input_shapes: &BTreeMap<String, Vec<usize>>,
) -> Result<Whole, CompileError> {
    let model = read(onnx, input_shapes)?;
    let opset = standard_opset(&model);
    let facts = Inference::new(&model)?.facts();
    let graph = model.graph.unwrap_or_default();
    let constants: HashSet<&str> = initializers(&graph).collect();
    let inputs = graph.input.iter();
    let inputs = inputs.filter(|input| !constants.contains(input.name.as_str()));
    let inputs = inputs.map(|input| Ok((input.name.clone(), input_shape(input)?)));
    let nodes = graph
        .node
        .iter()
        .map(|node| describe(node, opset, &facts, &constants));
    let mut untrusted = Vec::new();
    find_untrusted(&graph, opset, &mut untrusted);
    Ok(Whole {
        name: graph.name.clone(),
        inputs: inputs.collect::<Result<_, _>>()?,
        outputs: graph
            .output
            .iter()
            .map(|output| output.name.clone())
            .collect(),
        nodes: nodes.collect(),
        untrusted,
    })
}

fn input_shape(input: &pb::ValueInfoProto) -> Result<Vec<usize>, CompileError> {
    let value = input.r#type.as_ref().and_then(|kind| kind.value.as_ref());
    let shape = match value {
        Some(TypeValue::TensorType(tensor)) => tensor.shape.as_ref(),
        _ => None,
    };
    let dims = shape.into_iter().flat_map(|shape| &shape.dim);
    let dims = dims.map(|dim| match dim.value {
        Some(DimValue::DimValue(extent)) => usize::try_from(extent).ok().filter(|&it| it > 0),
        _ => None,
    });
    dims.collect::<Option<_>>()
        .ok_or_else(|| CompileError::Interface {
            kind: "input",
            name: input.name.clone(),
            reason:
                "its shape is open; give it with --shape NAME=DIMS, or export it with a static one"
                    .into(),
        })
}

fn describe(
    node: &pb::NodeProto,
    opset: i64,
    facts: &HashMap<String, Fact>,
    constants: &HashSet<&str>,
) -> WholeNode {
    let shape = |name: &String| facts.get(name).and_then(Fact::shape);
    let activations = node
        .input
        .iter()
        .filter(|name| !constants.contains(name.as_str()));
    WholeNode {
        name: OnnxNode { proto: node, opset }.name().into(),
        op: node.op_type.clone(),
        inputs: activations.filter_map(shape).collect(),
        output: node.output.first().and_then(shape).unwrap_or_default(),
    }
}

/// Bodies of control flow included.
fn find_untrusted(graph: &pb::GraphProto, opset: i64, found: &mut Vec<String>) {
    for proto in &graph.node {
        let node = OnnxNode { proto, opset };
        if let Some(reason) = distrust(&node) {
            found.push(format!("{} {reason} (`{}`)", proto.op_type, node.name()));
        }
        let bodies = proto.attribute.iter();
        for body in bodies.flat_map(|it| it.g.iter().chain(&it.graphs)) {
            find_untrusted(body, opset, found);
        }
    }
}

/// Why the values of tract 0.23 for a node are not to be trusted: what it runs of ONNX's node tests and fails.
/// Our coverage suite fails where this list lacks one.
fn distrust(node: &OnnxNode<'_>) -> Option<&'static str> {
    match node.proto.op_type.as_str() {
        "BitShift" => Some("by amounts outside the element's width"),
        "GRU" | "LSTM" | "RNN" if node.string("direction") == "reverse" => Some("run backwards"),
        "GRU" | "LSTM" | "RNN" if node.input(4).is_some() => {
            Some("over sequences of different lengths")
        }
        "Attention" => {
            let windows = ["left_window_size", "right_window_size"];
            let has_window = windows.iter().any(|it| node.optional_int(it).is_some());
            let is_causal = node.int("is_causal", 0) != 0;
            match is_causal && node.input(4).is_some() {
                _ if has_window => Some("in windows"),
                true => Some("that is causal with earlier keys"),
                false => None,
            }
        }
        "SpaceToDepth" if node.string("mode") == "CRD" => Some("in CRD order"),
        _ => None,
    }
}
