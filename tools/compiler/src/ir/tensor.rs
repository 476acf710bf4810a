use cadet_format::DType;

/// Index of a tensor in [`Graph::tensors`](super::Graph::tensors).
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

impl ElementType {
    /// The type in a package.
    pub(crate) fn dtype(self) -> DType {
        match self {
            ElementType::F32 => DType::F32,
            ElementType::I8 => DType::I8,
            ElementType::U8 => DType::U8,
            ElementType::I32 => DType::I32,
            ElementType::I64 => DType::I64,
            ElementType::Bool => DType::Bool,
        }
    }
}

/// Values of a constant in ONNX order; integers of every width, and booleans, are held as i64.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Float values.
    F32(Vec<f32>),
    /// Integer values.
    I64(Vec<i64>),
}

/// What the integers of a quantised activation stand for: `(q - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Affine {
    /// Real value of one step.
    pub(crate) scale: f32,
    /// Integer that stands for 0, in -128..=127.
    pub(crate) zero_point: i32,
}

/// The integers that the float values of a quantised constant come from, in the same order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Integers {
    /// 8 bits for weights, 32 for biases.
    pub(crate) values: Vec<i32>,
    /// Real value of one step, one for all or one an index along `axis`.
    pub(crate) scales: Vec<f32>,
    /// Integer that stands for 0, one for all or one an index along `axis`.
    pub(crate) zero_points: Vec<i32>,
    /// The dimension along which scales and zero points differ, where there are several.
    pub(crate) axis: usize,
}

impl Integers {
    /// Whether scales and zero points are those of the first dimension, the output channels.
    pub(crate) fn is_per_output(&self) -> bool {
        self.axis == 0 || (self.scales.len() == 1 && self.zero_points.len() == 1)
    }

    /// Scale of the weights of an output channel.
    pub(crate) fn scale(&self, channel: usize) -> f32 {
        self.scales[channel.min(self.scales.len() - 1)]
    }

    /// Zero point of the weights of an output channel.
    pub(crate) fn zero_point(&self, channel: usize) -> i32 {
        self.zero_points[channel.min(self.zero_points.len() - 1)]
    }
}

/// A value of the graph: an input, a constant or a node's output.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    /// The tensor's name in the ONNX model, or one derived from it.
    pub(crate) name: String,
    /// Element type in memory.
    pub(crate) element: ElementType,
    /// Static shape, dimensions in ONNX order.
    pub(crate) shape: Vec<usize>,
    /// Values, where the tensor is a constant.
    pub(crate) values: Option<Values>,
    /// What the integers of an activation stand for, where it is quantised.
    pub(crate) affine: Option<Affine>,
    /// The integers of a constant that is quantised; `values` holds what they stand for.
    pub(crate) integers: Option<Integers>,
}

impl Tensor {
    /// An activation that is not quantised.
    pub(crate) fn activation(name: String, element: ElementType, shape: Vec<usize>) -> Tensor {
        Tensor {
            name,
            element,
            shape,
            values: None,
            affine: None,
            integers: None,
        }
    }

    /// The same constant with element `index` taken from `source(index)`; the first dimension, that
    /// of the channels, must stay as it is where each has a scale of its own.
    pub(crate) fn permuted(&self, source: impl Fn(usize) -> usize) -> Tensor {
        let indices: Vec<usize> = (0..self.len()).map(source).collect();
        let integers = self.integers.as_ref().map(|integers| Integers {
            values: indices.iter().map(|&i| integers.values[i]).collect(),
            ..integers.clone()
        });
        let values = self.values.as_ref().map(|values| match values {
            Values::F32(values) => Values::F32(indices.iter().map(|&i| values[i]).collect()),
            Values::I64(values) => Values::I64(indices.iter().map(|&i| values[i]).collect()),
        });
        Tensor {
            values,
            integers,
            ..self.clone()
        }
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.shape.iter().product()
    }
}
