use crate::error::UnsupportedNode;
use crate::ir::{Graph, Node};

/// Why a graph was not rewritten.
#[derive(Debug)]
pub(super) enum Stop {
    /// The hop is to be a multiple of these frames.
    Hop(usize),
    /// A node cannot go frame by frame.
    Refused(Box<UnsupportedNode>),
}

/// A refusal of a node.
pub(super) fn refused(
    whole: &Graph,
    node: &Node,
    reason: impl Into<String>,
    suggestion: &str,
) -> Stop {
    let shapes = |ids: &[crate::ir::TensorId]| {
        let activations = ids.iter().filter(|&&id| !whole.is_constant(id));
        activations
            .map(|&id| format!("{:?}", whole.shape(id)))
            .collect()
    };
    Stop::Refused(Box::new(UnsupportedNode {
        name: node.name.clone(),
        op: node.op.name().into(),
        domain: String::new(),
        input_shapes: shapes(&node.inputs),
        output_shapes: shapes(&node.outputs),
        reason: reason.into(),
        suggestion: suggestion.into(),
    }))
}
