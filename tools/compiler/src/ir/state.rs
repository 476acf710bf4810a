use super::{TensorId, Values};

/// Memory that keeps its contents from one run to the next, as the nodes of a run find it and as they leave it.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// What the run before has left; no node writes it.
    pub(crate) before: TensorId,
    /// What this run leaves in the same bytes: written by a node behind all that read `before`.
    pub(crate) after: TensorId,
    /// What it holds after a reset, in ONNX order; `None` where that is zero bytes.
    pub(crate) initial: Option<Values>,
}
