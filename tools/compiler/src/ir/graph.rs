use cadet_format::Scalar;

use super::{Affine, ElementType, Op, State, Tensor, TensorId, Values};
use crate::report::StreamReport;

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The node's name in the ONNX model, or its output's name where it has none.
    pub(crate) name: String,
    /// What it computes.
    pub(crate) op: Op,
    /// Inputs in ONNX order; optional ones that are absent at the end are left out.
    pub(crate) inputs: Vec<TensorId>,
    /// Outputs in ONNX order, then scratch memory of the step. At least one.
    pub(crate) outputs: Vec<TensorId>,
}

impl Node {
    /// The first output.
    pub(crate) fn output(&self) -> TensorId {
        self.outputs[0]
    }
}

/// A model: nodes in execution order over tensors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    /// The model's name.
    pub(crate) name: String,
    /// All tensors, those that no node uses any more included.
    pub(crate) tensors: Vec<Tensor>,
    /// Nodes, every one after the producers of its inputs.
    pub(crate) nodes: Vec<Node>,
    /// Inputs in the model's order.
    pub(crate) inputs: Vec<TensorId>,
    /// Outputs in the model's order.
    pub(crate) outputs: Vec<TensorId>,
    /// What is kept between runs.
    pub(crate) states: Vec<State>,
    /// What the caller says of a run.
    pub(crate) scalars: Vec<Scalar>,
    /// Outputs of fully connected layers that read their input in ONNX's order, even where another would be free.
    pub(crate) in_order: Vec<TensorId>,
    /// How the graph runs frame by frame, where it does.
    pub(crate) stream: Option<StreamReport>,
}

impl Graph {
    /// The tensor of an id.
    pub(crate) fn tensor(&self, id: TensorId) -> &Tensor {
        &self.tensors[id.0]
    }

    /// The shape of a tensor.
    pub(crate) fn shape(&self, id: TensorId) -> &[usize] {
        &self.tensors[id.0].shape
    }

    /// Float values of a constant.
    pub(crate) fn constant_f32(&self, id: TensorId) -> Option<&[f32]> {
        match &self.tensors[id.0].values {
            Some(Values::F32(values)) => Some(values),
            _ => None,
        }
    }

    /// Whether a tensor is a constant.
    pub(crate) fn is_constant(&self, id: TensorId) -> bool {
        self.tensors[id.0].values.is_some()
    }

    /// Whether a tensor is what the run before has left.
    pub(crate) fn is_kept(&self, id: TensorId) -> bool {
        self.states.iter().any(|state| state.before == id)
    }

    /// Whether a tensor holds quantised integers.
    pub(crate) fn affine(&self, id: TensorId) -> Option<Affine> {
        self.tensors[id.0].affine
    }

    /// Adds a tensor.
    pub(crate) fn add_tensor(&mut self, tensor: Tensor) -> TensorId {
        self.tensors.push(tensor);
        TensorId(self.tensors.len() - 1)
    }

    /// Adds an f32 constant.
    pub(crate) fn add_constant(
        &mut self,
        name: String,
        shape: Vec<usize>,
        values: Vec<f32>,
    ) -> TensorId {
        debug_assert_eq!(shape.iter().product::<usize>(), values.len());
        self.add_tensor(Tensor {
            values: Some(Values::F32(values)),
            ..Tensor::activation(name, ElementType::F32, shape)
        })
    }

    /// Index of the node that writes a tensor.
    pub(crate) fn producer(&self, id: TensorId) -> Option<usize> {
        self.nodes
            .iter()
            .position(|node| node.outputs.contains(&id))
    }

    /// The nodes that read a tensor.
    pub(crate) fn consumers(&self, id: TensorId) -> impl Iterator<Item = &Node> {
        let nodes = self.nodes.iter();
        nodes.filter(move |node| node.inputs.contains(&id))
    }

    /// Number of places that read a tensor, the model's outputs included.
    pub(crate) fn use_count(&self, id: TensorId) -> usize {
        let reads = self.nodes.iter().flat_map(|node| &node.inputs);
        reads
            .chain(&self.outputs)
            .filter(|&&read| read == id)
            .count()
    }

    /// The only node that reads a tensor; `None` where there are others or it is a model output.
    pub(crate) fn sole_consumer(&self, id: TensorId) -> Option<usize> {
        if self.use_count(id) != 1 {
            return None;
        }
        self.nodes.iter().position(|node| node.inputs.contains(&id))
    }

    /// Makes every node that reads `from` read `to`.
    pub(crate) fn replace_reads(&mut self, from: TensorId, to: TensorId) {
        for input in self.nodes.iter_mut().flat_map(|node| &mut node.inputs) {
            if *input == from {
                *input = to;
            }
        }
    }
}
