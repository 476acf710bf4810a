//! The compiler's graph. It mirrors ONNX: nodes and tensors keep the model's names, shapes are
//! ONNX's (NCHW), and attributes are resolved (padding in numbers, no defaults left open).

/// Index of a tensor in [`Graph::tensors`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TensorId(pub usize);

/// Element type of a tensor, by its ONNX name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ElementType {
    /// 32-bit IEEE float.
    F32,
    /// Signed 8-bit integer.
    I8,
    /// Unsigned 8-bit integer.
    U8,
    /// Signed 32-bit integer.
    I32,
    /// Signed 64-bit integer.
    I64,
    /// Boolean.
    Bool,
}

/// Values of a constant in ONNX order; integers of every width are held as i64.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Float values.
    F32(Vec<f32>),
    /// Integer values.
    I64(Vec<i64>),
}

/// A value of the graph: an input, a constant or a node's output.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    /// The tensor's name in the ONNX model, or one derived from it.
    pub(crate) name: String,
    /// Element type.
    pub(crate) element: ElementType,
    /// Static shape, dimensions in ONNX order.
    pub(crate) shape: Vec<usize>,
    /// Values, where the tensor is a constant.
    pub(crate) values: Option<Values>,
}

impl Tensor {
    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the tensor has no element.
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Sliding window of a convolution or pooling. A one-dimensional window has height 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Height and width.
    pub(crate) kernel: [usize; 2],
    /// Step along height and width.
    pub(crate) strides: [usize; 2],
    /// Distance between taps along height and width.
    pub(crate) dilations: [usize; 2],
    /// Padding before the first row, and column.
    pub(crate) pads_begin: [usize; 2],
    /// Padding after the last row, and column.
    pub(crate) pads_end: [usize; 2],
}

impl Window {
    /// One tap that moves over every element.
    pub(crate) const POINT: Window = Window {
        kernel: [1, 1],
        strides: [1, 1],
        dilations: [1, 1],
        pads_begin: [0, 0],
        pads_end: [0, 0],
    };

    /// Output extent along `axis` (0 height, 1 width) for an input extent; 0 where the window
    /// does not fit.
    pub(crate) fn output_extent(&self, axis: usize, input: usize) -> usize {
        let span = (self.kernel[axis] - 1) * self.dilations[axis] + 1;
        let padded = input + self.pads_begin[axis] + self.pads_end[axis];
        padded
            .checked_sub(span)
            .map_or(0, |room| room / self.strides[axis] + 1)
    }
}

/// Bounds that a step clamps its result to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// Smallest result.
    pub(crate) min: f32,
    /// Largest result.
    pub(crate) max: f32,
}

impl Bounds {
    /// No clamping.
    pub(crate) const NONE: Bounds = Bounds {
        min: f32::NEG_INFINITY,
        max: f32::INFINITY,
    };

    /// The bounds of `Relu`.
    pub(crate) const RELU: Bounds = Bounds {
        min: 0.0,
        max: f32::INFINITY,
    };

    /// The bounds of clamping by `self`, then by `next`.
    pub(crate) fn then(self, next: Bounds) -> Bounds {
        let clamp = |value: f32| value.max(next.min).min(next.max);
        Bounds {
            min: clamp(self.min),
            max: clamp(self.max),
        }
    }
}

/// An elementwise function of one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Unary {
    /// `Relu`, `Clip`: clamp to bounds.
    Clip(Bounds),
    /// `LeakyRelu` with its slope for negative inputs.
    LeakyRelu(f32),
    /// `Sigmoid`.
    Sigmoid,
    /// `Tanh`.
    Tanh,
}

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// `Conv`: input `[1, c, ..]`, weights `[o, c / group, ..]`, optional bias `[o]`.
    Conv {
        /// The sliding window.
        window: Window,
        /// Number of channel groups.
        group: usize,
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `Gemm` or `MatMul` with constant weights: input `[.., k]`, weights `[n, k]`, optional
    /// bias `[n]`.
    FullyConnected {
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `MaxPool`, `GlobalMaxPool`.
    MaxPool(Window),
    /// `AveragePool`, `GlobalAveragePool`.
    AveragePool {
        /// The sliding window.
        window: Window,
        /// Whether taps in the padding count in the divisor.
        count_padding: bool,
    },
    /// `Add` of two tensors, or of a tensor and a constant that broadcasts to its shape.
    Add {
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `BatchNormalization` at inference: input, scale, bias, mean, variance.
    BatchNormalization {
        /// Added to the variance.
        epsilon: f32,
    },
    /// An elementwise function.
    Unary(Unary),
    /// `Softmax` along one axis.
    Softmax {
        /// The axis that sums to one.
        axis: usize,
    },
    /// `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Identity`: the same elements in the same
    /// order, in another shape.
    Reshape,
    /// `Transpose`: output dimension `i` is input dimension `perm[i]`.
    Transpose {
        /// The permutation.
        perm: Vec<usize>,
    },
    /// Rewrites the input in the memory order of the output; inserted by the layout pass.
    Relayout,
}

impl Op {
    /// The ONNX operator this is named after.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Op::Conv { .. } => "Conv",
            Op::FullyConnected { .. } => "Gemm",
            Op::MaxPool(_) => "MaxPool",
            Op::AveragePool { .. } => "AveragePool",
            Op::Add { .. } => "Add",
            Op::BatchNormalization { .. } => "BatchNormalization",
            Op::Unary(Unary::Clip(Bounds::RELU)) => "Relu",
            Op::Unary(Unary::Clip(_)) => "Clip",
            Op::Unary(Unary::LeakyRelu(_)) => "LeakyRelu",
            Op::Unary(Unary::Sigmoid) => "Sigmoid",
            Op::Unary(Unary::Tanh) => "Tanh",
            Op::Softmax { .. } => "Softmax",
            Op::Reshape => "Reshape",
            Op::Transpose { .. } | Op::Relayout => "Transpose",
        }
    }

    /// The clamp that the operator applies to its own result, where it can.
    pub(crate) fn bounds_mut(&mut self) -> Option<&mut Bounds> {
        match self {
            Op::Conv { bounds, .. } | Op::FullyConnected { bounds } | Op::Add { bounds } => {
                Some(bounds)
            }
            _ => None,
        }
    }
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The node's name in the ONNX model, or its output's name where it has none.
    pub(crate) name: String,
    /// What it computes.
    pub(crate) op: Op,
    /// Inputs in ONNX order; optional ones that are absent at the end are left out.
    pub(crate) inputs: Vec<TensorId>,
    /// The one output.
    pub(crate) output: TensorId,
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
            name,
            element: ElementType::F32,
            shape,
            values: Some(Values::F32(values)),
        })
    }

    /// Index of the node that writes a tensor.
    pub(crate) fn producer(&self, id: TensorId) -> Option<usize> {
        self.nodes.iter().position(|node| node.output == id)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_count_their_outputs() {
        let window = Window {
            kernel: [3, 10],
            strides: [2, 1],
            dilations: [1, 2],
            pads_begin: [0, 4],
            pads_end: [1, 5],
        };
        assert_eq!(window.output_extent(0, 96), 48);
        assert_eq!(window.output_extent(1, 12), 3);
        assert_eq!(window.output_extent(1, 2), 0);
    }

    #[test]
    fn bounds_compose() {
        let relu6 = Bounds { min: 0.0, max: 6.0 };
        assert_eq!(Bounds::RELU.then(relu6), relu6);
        assert_eq!(Bounds::NONE.then(Bounds::RELU), Bounds::RELU);
        let low = Bounds {
            min: -3.0,
            max: -1.0,
        };
        assert_eq!(low.then(Bounds::RELU), Bounds { min: 0.0, max: 0.0 });
    }
}
