use std::fmt;

use serde::Serialize;

/// A node that the compiler cannot turn into steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnsupportedNode {
    /// Node name, or its first output's name where it has none.
    pub name: String,
    /// ONNX operator.
    pub op: String,
    /// Operator domain; empty for the standard one.
    pub domain: String,
    /// Shapes of the inputs as far as they are known, such as `[1, 3, ?, ?]`.
    pub input_shapes: Vec<String>,
    /// Shapes of the outputs as far as they are known.
    pub output_shapes: Vec<String>,
    /// What stands in the way.
    pub reason: String,
    /// What the user can do.
    pub suggestion: String,
}

impl fmt::Display for UnsupportedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let domain = if self.domain.is_empty() {
            String::new()
        } else {
            format!("{}.", self.domain)
        };
        write!(
            f,
            "{domain}{} `{}` ({} -> {}): {}; {}",
            self.op,
            self.name,
            self.input_shapes.join(", "),
            self.output_shapes.join(", "),
            self.reason,
            self.suggestion
        )
    }
}

/// Why a model was not compiled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The bytes are not an ONNX model, or its parts contradict each other.
    #[error("this is not a valid ONNX model: {0}")]
    Parse(String),
    /// Some nodes cannot be compiled; all of them are listed.
    #[error("{} of the model's nodes cannot be compiled:{}", .0.len(), list(.0))]
    Unsupported(Vec<UnsupportedNode>),
    /// A model input or output is of a kind that packages do not have.
    #[error("{kind} `{name}`: {reason}")]
    Interface {
        /// "input" or "output".
        kind: &'static str,
        /// Tensor name.
        name: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A node cannot run frame by frame.
    #[error("the model cannot run frame by frame: {0}")]
    Stream(Box<UnsupportedNode>),
    /// An option contradicts the model.
    #[error("option `{option}`: {reason}")]
    Option {
        /// Name of the field.
        option: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// The model cannot be packaged whole, for hosts.
    #[error("tract cannot run the model: {0}")]
    NotWhole(String),
    /// The compiled model exceeds a limit of the package format or of the board.
    #[error("the model does not fit: {0}")]
    TooLarge(String),
    /// The compiler's own package was refused by the runtime; this is a defect of cadet.
    #[error("the compiled package failed its own check ({0}); please report this model")]
    SelfCheck(String),
}

fn list(nodes: &[UnsupportedNode]) -> String {
    nodes.iter().map(|node| format!("\n  - {node}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unsupported_node_is_on_a_line_of_its_own() {
        let node = UnsupportedNode {
            name: "up".into(),
            op: "Resize".into(),
            domain: String::new(),
            input_shapes: vec!["[1, 3, 8, 8]".into()],
            output_shapes: vec!["[1, 3, 16, 16]".into()],
            reason: "the operator is not supported".into(),
            suggestion: "replace it".into(),
        };
        let text = CompileError::Unsupported(vec![node.clone(), node]).to_string();
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("Resize `up` ([1, 3, 8, 8] -> [1, 3, 16, 16])"));
    }
}
