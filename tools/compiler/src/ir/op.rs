use cadet_kernels::binary::{Comparison, Function};
use cadet_kernels::unary;

use super::{Affine, Bounds, Unary, Window, elementwise};

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
    /// `Add` of two float tensors, which broadcast.
    Add {
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// Any other function of two tensors of one type, which broadcast; `Add` of integers.
    Binary {
        /// The function.
        function: Function,
        /// Clamp of the result, of floats.
        bounds: Bounds,
    },
    /// `Equal`, `Less`, `LessOrEqual` of two tensors of one type, which broadcast.
    Compare(Comparison),
    /// `Pow`: a base in f32, i32 or i64 and an exponent in f32 or i64, which broadcast.
    Pow,
    /// `Where`: condition and two tensors, which broadcast.
    Select,
    /// `Cast` to the output's element type.
    Cast,
    /// `BatchNormalization` at inference: input, scale, bias, mean, variance.
    BatchNormalization {
        /// Added to the variance.
        epsilon: f32,
    },
    /// `x * scale + shift` with constants of one value an index along `axis`: what is left of
    /// `BatchNormalization` and of arithmetic with constants.
    ScaleShift {
        /// The axis of scale and shift.
        axis: usize,
        /// Clamp of the result.
        bounds: Bounds,
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
    /// `QuantizeLinear` to the output's affine.
    Quantize,
    /// `DequantizeLinear` from the input's affine.
    Dequantize,
    /// From one affine to another.
    Requantize,
    /// uint8 to int8 and back: both stand for the same values, with zero points 128 apart.
    FlipSign,
}

/// What an operator asks of the memory order of its activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayoutRule {
    /// First input and outputs with channels innermost (`[n, c, ..]` as `[n, .., c]`).
    ChannelsLast,
    /// The given axis of the first input and of the outputs innermost.
    AxisLast(usize),
    /// A matrix product with constant weights: any order where there is one row, since the columns
    /// of the weights can follow it.
    Dense,
    /// Any order, the same for all operands: element on element, broadcast by ONNX's rule.
    Elementwise,
    /// Any order of the first input's dimensions, the same for all operands of its rank; lowering
    /// says the operator's axes in memory order. Operands of another rank lie in ONNX's order.
    Axes,
    /// The bytes stay as they are; only what they mean changes.
    View,
    /// ONNX's order.
    Plain,
}

/// What an operator can do with int8 activations when a float model is quantised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Int8Rule {
    /// It has an int8 kernel; its output has a scale of its own.
    Kernel,
    /// It has an int8 kernel whose output has this scale and zero point.
    Fixed(Affine),
    /// It moves or selects values: its float operands share one scale and zero point.
    Moves,
    /// It runs in floats.
    Float,
    /// It works on the integers of a model that was quantised elsewhere, and stays as it is.
    Quantised,
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
            Op::BatchNormalization { .. } | Op::ScaleShift { .. } => "BatchNormalization",
            Op::Unary(function) => function.name(),
            Op::Binary { function, .. } => elementwise::pair(*function).0,
            Op::Compare(comparison) => elementwise::comparison(*comparison).0,
            Op::Pow => "Pow",
            Op::Select => "Where",
            Op::Cast => "Cast",
            Op::Softmax { .. } => "Softmax",
            Op::Reshape => "Reshape",
            Op::Transpose { .. } | Op::Relayout => "Transpose",
            Op::Quantize => "QuantizeLinear",
            Op::Dequantize => "DequantizeLinear",
            Op::Requantize => "Requantize",
            Op::FlipSign => "Cast",
        }
    }

    /// What the operator asks of the memory order of its activations.
    pub(crate) fn layout_rule(&self) -> LayoutRule {
        match self {
            Op::Conv { .. } | Op::MaxPool(_) | Op::AveragePool { .. } => LayoutRule::ChannelsLast,
            Op::BatchNormalization { .. } => LayoutRule::ChannelsLast,
            Op::ScaleShift { axis, .. } | Op::Softmax { axis } => LayoutRule::AxisLast(*axis),
            Op::FullyConnected { .. } => LayoutRule::Dense,
            Op::Add { .. } | Op::Unary(_) | Op::Binary { .. } => LayoutRule::Elementwise,
            Op::Compare(_) | Op::Pow | Op::Select | Op::Cast => LayoutRule::Elementwise,
            Op::Quantize | Op::Dequantize | Op::Requantize | Op::FlipSign => {
                LayoutRule::Elementwise
            }
            Op::Reshape | Op::Transpose { .. } | Op::Relayout => LayoutRule::View,
        }
    }

    /// What the operator can do with int8 activations.
    pub(crate) fn int8_rule(&self) -> Int8Rule {
        // The scales that TensorFlow Lite fixes.
        let fixed = |scale, zero_point| Int8Rule::Fixed(Affine { scale, zero_point });
        match self {
            Op::Conv { .. }
            | Op::FullyConnected { .. }
            | Op::Add { .. }
            | Op::ScaleShift { .. } => Int8Rule::Kernel,
            Op::Unary(Unary::Plain(unary::Function::Sigmoid)) | Op::Softmax { .. } => {
                fixed(1.0 / 256.0, -128)
            }
            Op::Unary(Unary::Plain(unary::Function::Tanh)) => fixed(1.0 / 128.0, 0),
            Op::Unary(_) => Int8Rule::Kernel,
            Op::Binary { function, .. } => match function {
                Function::Sub | Function::Mul => Int8Rule::Kernel,
                Function::Min | Function::Max => Int8Rule::Moves,
                _ => Int8Rule::Float,
            },
            Op::Select => Int8Rule::Moves,
            Op::Compare(_) | Op::Pow | Op::Cast => Int8Rule::Float,
            Op::MaxPool(_)
            | Op::AveragePool { .. }
            | Op::Reshape
            | Op::Transpose { .. }
            | Op::Relayout => Int8Rule::Moves,
            Op::BatchNormalization { .. } | Op::Quantize => Int8Rule::Float,
            Op::Dequantize | Op::Requantize | Op::FlipSign => Int8Rule::Quantised,
        }
    }

    /// Whether the operands after the first are weights and bias.
    pub(crate) fn is_layer(&self) -> bool {
        matches!(
            self,
            Op::Conv { .. } | Op::FullyConnected { .. } | Op::ScaleShift { .. }
        )
    }

    /// Tells a depthwise convolution that its channels have become fewer.
    pub(crate) fn set_channels(&mut self, channels: usize) {
        if let Op::Conv { group, .. } = self
            && *group > 1
        {
            *group = channels;
        }
    }

    /// The clamp that the operator applies to its own result, where it can.
    pub(crate) fn bounds_mut(&mut self) -> Option<&mut Bounds> {
        match self {
            Op::Conv { bounds, .. }
            | Op::FullyConnected { bounds }
            | Op::Add { bounds }
            | Op::ScaleShift { bounds, .. } => Some(bounds),
            Op::Binary {
                function: Function::Sub | Function::Mul | Function::Div,
                bounds,
            } => Some(bounds),
            _ => None,
        }
    }
}
