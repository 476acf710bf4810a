use cadet_format::{DftDirection, NormalizeKind, ReduceFunction};
use cadet_kernels::binary::{Comparison, Function};
use cadet_kernels::unary;

use super::{
    Affine, Bounds, Expression, Movement, Recurrent, Sampling, SoftmaxKind, Unary, Window,
    elementwise, reduction,
};

/// What a node computes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    /// `Conv`, `ConvTranspose`: input `[n, c, ..]`, weights `[o, c / group, ..]` of either, optional
    /// bias `[o]`.
    Conv {
        /// The sliding window.
        window: Window,
        /// Number of channel groups.
        group: usize,
        /// Whether it is a `ConvTranspose`.
        transposed: bool,
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `ConvInteger`: input, weights, zero point of the input, one zero point of the weights an
    /// output channel.
    ConvInteger {
        /// The sliding window.
        window: Window,
        /// Number of channel groups.
        group: usize,
    },
    /// `DeformConv`: input, weights, bias, offsets, optional mask.
    DeformConv {
        /// The sliding window.
        window: Window,
        /// Number of channel groups.
        group: usize,
        /// Number of runs of input channels with offsets of their own.
        offset_group: usize,
    },
    /// `Gemm` or `MatMul` with constant weights: input `[.., k]`, weights `[n, k]`, optional
    /// bias `[n]`.
    FullyConnected {
        /// Clamp of the result.
        bounds: Bounds,
    },
    /// `MaxPool`, `GlobalMaxPool`; a second output holds the places of the maxima.
    MaxPool {
        /// The sliding window.
        window: Window,
        /// Whether places count the first spatial axis fastest.
        column_major: bool,
    },
    /// `AveragePool`, `GlobalAveragePool`.
    AveragePool {
        /// The sliding window.
        window: Window,
        /// Padding behind each axis, where padded taps count in the divisor. The window may reach
        /// beyond it.
        counted_padding: Option<[usize; 3]>,
    },
    /// `LpPool`, `GlobalLpPool`.
    LpPool {
        /// The sliding window.
        window: Window,
        /// Order of the norm.
        p: u32,
    },
    /// `MaxUnpool`: input and places.
    MaxUnpool {
        /// The shape that places count in, none of its extents larger than the output's.
        shape: Vec<usize>,
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
    /// Several elementwise functions as one; in int8 only.
    Function(Expression),
    /// `Softmax`, `LogSoftmax`, `Hardmax` along one axis.
    Softmax {
        /// Which of them.
        kind: SoftmaxKind,
        /// The axis that sums to one.
        axis: usize,
    },
    /// `ReduceSum` and its relatives; the reduced axes stay, with one element.
    Reduce {
        /// Which of them.
        function: ReduceFunction,
        /// The axes that are reduced.
        axes: Vec<usize>,
    },
    /// `MatMul` of matrices known at run time: `[.., m, k]` by `[.., k, n]`.
    MatMul {
        /// Whether the last two axes of the first and of the second input change places.
        transposed: [bool; 2],
    },
    /// `MatMulInteger`: as `MatMul`, then the zero points that are given.
    MatMulInteger {
        /// Whether the first and the second input have zero points.
        zero_points: [bool; 2],
    },
    /// `LayerNormalization` and its relatives: input, then scale and bias where given, which broadcast
    /// to it; outputs result, mean and inverse deviation.
    Normalize {
        /// What to divide by.
        kind: NormalizeKind,
        /// The axes that are normalised as a whole.
        axes: Vec<usize>,
        /// Added under the root.
        epsilon: f32,
    },
    /// `LRN`.
    LocalResponseNorm {
        /// Number of neighbours along the channels.
        size: usize,
        /// Factor of the mean square.
        alpha: f32,
        /// Exponent.
        beta: f32,
        /// Summand.
        bias: f32,
    },
    /// `LSTM`, `GRU`, `RNN`: the inputs that are given; outputs scratch, last hidden state, last cell
    /// state of an LSTM, and all hidden states where they are wanted.
    Recurrent(Box<Recurrent>),
    /// `LinearAttention`: query, key, value, then what is given; outputs result and last state.
    LinearAttention {
        /// Number of query heads.
        query_heads: usize,
        /// Factor of the result.
        scale: f32,
        /// Whether the initial state, decay and beta are given.
        given: [bool; 3],
    },
    /// `Attention` of new tokens over what is kept of earlier ones: query, key, value, past keys and values; outputs
    /// result, present keys and values, scratch.
    CachedAttention {
        /// Number of query heads.
        query_heads: usize,
        /// Factor of the scores.
        scale: f32,
    },
    /// `RotaryEmbedding` at the position of the run: input, cosines, sines.
    Rotary {
        /// Number of heads.
        heads: usize,
        /// Whether pairs are neighbours.
        is_interleaved: bool,
    },
    /// [`Op::FullyConnected`] with weights of so many bits in groups; the second output is scratch.
    Linear {
        /// 8 or 4.
        bits: u32,
    },
    /// `Gather` of rows of weights of 8 bits in groups: indices, table.
    Embedding,
    /// `Det`; the second output is scratch.
    Determinant,
    /// `DFT`, `STFT`: input, then the window where it is given.
    Dft {
        /// The axis of the signal.
        axis: usize,
        /// Which transform.
        direction: DftDirection,
        /// Number of elements that are transformed.
        length: usize,
        /// Distance between frames; 0 where there is one frame without an axis of its own.
        hop: usize,
    },
    /// `Reshape`, `Flatten`, `Squeeze`, `Unsqueeze`, `Identity`: the same elements in the same
    /// order, in another shape.
    Reshape,
    /// `BitCast`: the same bytes as another type of the same size.
    BitCast,
    /// `Transpose`: output dimension `i` is input dimension `perm[i]`.
    Transpose {
        /// The permutation.
        perm: Vec<usize>,
    },
    /// An operator that moves, selects or indexes elements.
    Movement(Movement),
    /// An operator that interpolates between elements.
    Sampling(Sampling),
    /// Rewrites the input in the memory order of the output; inserted by the layout pass.
    Relayout,
    /// `QuantizeLinear` to the output's affine.
    Quantize,
    /// `DequantizeLinear` from the input's affine.
    Dequantize,
    /// From one affine to another.
    Requantize,
    /// `QuantizeLinear` with scales for an axis, for blocks along it, or from run time: input,
    /// scales, optional zero points.
    QuantizeAlong {
        /// The axis.
        axis: usize,
        /// Length of a block, 0 where there are none.
        block: usize,
    },
    /// `DequantizeLinear` as [`Op::QuantizeAlong`].
    DequantizeAlong {
        /// The axis.
        axis: usize,
        /// Length of a block, 0 where there are none.
        block: usize,
    },
    /// `DynamicQuantizeLinear`: outputs integers, scale and zero point.
    DynamicQuantize,
    /// uint8 to int8 and back: both stand for the same values, with zero points 128 apart.
    FlipSign,
}

/// What an operator asks of the memory order of its activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayoutRule {
    /// Activations of the first input's rank, outputs included, with channels innermost (`[n, c, ..]`
    /// as `[n, .., c]`).
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
            Op::Conv {
                transposed: true, ..
            } => "ConvTranspose",
            Op::Conv { .. } => "Conv",
            Op::ConvInteger { .. } => "ConvInteger",
            Op::DeformConv { .. } => "DeformConv",
            Op::FullyConnected { .. } => "Gemm",
            Op::MaxPool { .. } => "MaxPool",
            Op::AveragePool { .. } => "AveragePool",
            Op::LpPool { .. } => "LpPool",
            Op::MaxUnpool { .. } => "MaxUnpool",
            Op::Add { .. } => "Add",
            Op::BatchNormalization { .. } | Op::ScaleShift { .. } => "BatchNormalization",
            Op::Unary(function) => function.name(),
            Op::Function(_) => "Function",
            Op::Binary { function, .. } => elementwise::pair(*function).0,
            Op::Compare(comparison) => elementwise::comparison(*comparison).0,
            Op::Pow => "Pow",
            Op::Select => "Where",
            Op::Cast => "Cast",
            Op::Movement(movement) => movement.name(),
            Op::Sampling(sampling) => sampling.name(),
            Op::Softmax { kind, .. } => kind.name(),
            Op::Reduce { function, .. } => reduction::reduce(*function),
            Op::MatMul { .. } => "MatMul",
            Op::MatMulInteger { .. } => "MatMulInteger",
            Op::Normalize { kind, .. } => reduction::normalize(*kind),
            Op::LocalResponseNorm { .. } => "LRN",
            Op::Recurrent(recurrent) => recurrent.kind.name(),
            Op::LinearAttention { .. } => "LinearAttention",
            Op::CachedAttention { .. } => "Attention",
            Op::Linear { .. } => "Gemm",
            Op::Embedding => "Gather",
            Op::Rotary { .. } => "RotaryEmbedding",
            Op::Determinant => "Det",
            Op::Dft { hop, .. } => match hop {
                0 => "DFT",
                _ => "STFT",
            },
            Op::Reshape => "Reshape",
            Op::BitCast => "BitCast",
            Op::Transpose { .. } | Op::Relayout => "Transpose",
            Op::Quantize | Op::QuantizeAlong { .. } => "QuantizeLinear",
            Op::Dequantize | Op::DequantizeAlong { .. } => "DequantizeLinear",
            Op::DynamicQuantize => "DynamicQuantizeLinear",
            Op::Requantize => "Requantize",
            Op::FlipSign => "Cast",
        }
    }

    /// What the operator asks of the memory order of its activations.
    pub(crate) fn layout_rule(&self) -> LayoutRule {
        match self {
            Op::Conv { .. } | Op::ConvInteger { .. } | Op::DeformConv { .. } => {
                LayoutRule::ChannelsLast
            }
            Op::MaxPool { .. } | Op::AveragePool { .. } | Op::LpPool { .. } => {
                LayoutRule::ChannelsLast
            }
            Op::MaxUnpool { .. } => LayoutRule::Plain,
            Op::BatchNormalization { .. } => LayoutRule::ChannelsLast,
            Op::ScaleShift { axis, .. } | Op::Softmax { axis, .. } => LayoutRule::AxisLast(*axis),
            Op::FullyConnected { .. } => LayoutRule::Dense,
            Op::Add { .. } | Op::Binary { .. } => LayoutRule::Elementwise,
            Op::Unary(_) | Op::Function(_) => LayoutRule::Elementwise,
            Op::Compare(_) | Op::Pow | Op::Select | Op::Cast => LayoutRule::Elementwise,
            Op::Quantize | Op::Dequantize | Op::Requantize | Op::FlipSign => {
                LayoutRule::Elementwise
            }
            Op::QuantizeAlong { .. } | Op::DequantizeAlong { .. } | Op::DynamicQuantize => {
                LayoutRule::Axes
            }
            Op::Movement(movement) => movement.layout_rule(),
            Op::Sampling(sampling) => sampling.layout_rule(),
            Op::Reduce { .. } | Op::Normalize { .. } | Op::LocalResponseNorm { .. } => {
                LayoutRule::Axes
            }
            Op::MatMul { .. }
            | Op::MatMulInteger { .. }
            | Op::Recurrent(_)
            | Op::LinearAttention { .. }
            | Op::CachedAttention { .. }
            | Op::Linear { .. }
            | Op::Embedding
            | Op::Rotary { .. }
            | Op::Determinant
            | Op::Dft { .. } => LayoutRule::Plain,
            Op::Reshape | Op::BitCast | Op::Transpose { .. } | Op::Relayout => LayoutRule::View,
        }
    }

    /// What the operator can do with int8 activations.
    pub(crate) fn int8_rule(&self) -> Int8Rule {
        // The scales that TensorFlow Lite fixes.
        let fixed = |scale, zero_point| Int8Rule::Fixed(Affine { scale, zero_point });
        match self {
            Op::Reduce {
                function: ReduceFunction::Max | ReduceFunction::Min,
                ..
            } => Int8Rule::Moves,
            Op::Conv { .. }
            | Op::FullyConnected { .. }
            | Op::Add { .. }
            | Op::ScaleShift { .. }
            | Op::MatMul { .. }
            | Op::Reduce {
                function: ReduceFunction::Sum | ReduceFunction::Mean,
                ..
            } => Int8Rule::Kernel,
            Op::Unary(Unary::Plain(unary::Function::Sigmoid))
            | Op::Softmax {
                kind: SoftmaxKind::Soft,
                ..
            } => fixed(1.0 / 256.0, -128),
            Op::Unary(Unary::Plain(unary::Function::Tanh)) => fixed(1.0 / 128.0, 0),
            Op::Unary(_) | Op::Function(_) => Int8Rule::Kernel,
            Op::Binary { function, .. } => match function {
                Function::Sub | Function::Mul | Function::PRelu => Int8Rule::Kernel,
                Function::Min | Function::Max => Int8Rule::Moves,
                _ => Int8Rule::Float,
            },
            Op::Select => Int8Rule::Moves,
            Op::Compare(_) | Op::Pow | Op::Cast => Int8Rule::Float,
            Op::AveragePool {
                window,
                counted_padding,
            } if !window.is_planar()
                || counted_padding.is_some_and(|pad| pad != window.pads_end) =>
            {
                Int8Rule::Float
            }
            Op::MaxPool { .. }
            | Op::AveragePool { .. }
            | Op::Reshape
            | Op::Transpose { .. }
            | Op::Relayout => Int8Rule::Moves,
            Op::Movement(movement) => movement.int8_rule(),
            Op::Sampling(sampling) => sampling.int8_rule(),
            Op::BatchNormalization { .. }
            | Op::BitCast
            | Op::Quantize
            | Op::QuantizeAlong { .. }
            | Op::DequantizeAlong { .. }
            | Op::DynamicQuantize
            | Op::ConvInteger { .. }
            | Op::DeformConv { .. }
            | Op::LpPool { .. }
            | Op::MaxUnpool { .. }
            | Op::Softmax { .. }
            | Op::Reduce { .. }
            | Op::MatMulInteger { .. }
            | Op::Normalize { .. }
            | Op::LocalResponseNorm { .. }
            | Op::Recurrent(_)
            | Op::LinearAttention { .. }
            | Op::CachedAttention { .. }
            | Op::Linear { .. }
            | Op::Embedding
            | Op::Rotary { .. }
            | Op::Determinant
            | Op::Dft { .. } => Int8Rule::Float,
            Op::Dequantize | Op::Requantize | Op::FlipSign => Int8Rule::Quantised,
        }
    }

    /// Whether it only says anew what the bytes of its input mean.
    pub(crate) fn is_view(&self) -> bool {
        self.layout_rule() == LayoutRule::View && *self != Op::Relayout
    }

    /// Whether the operands after the first are weights and bias.
    pub(crate) fn is_layer(&self) -> bool {
        matches!(
            self,
            Op::Conv { .. } | Op::FullyConnected { .. } | Op::ScaleShift { .. }
        )
    }

    /// Whether there is a kernel for float activations and weights of fewer bits.
    pub(crate) fn has_compressed_kernel(&self) -> bool {
        match self {
            Op::Conv {
                window, transposed, ..
            } => !transposed && window.is_planar(),
            Op::FullyConnected { .. } => true,
            _ => false,
        }
    }

    /// The axis of a layer's output channels, in an output of `rank` dimensions; `None` for what is no layer.
    pub(crate) fn channel_axis(&self, rank: usize) -> Option<usize> {
        match self {
            Op::Conv { .. } => Some(1),
            Op::FullyConnected { .. } => Some(rank - 1),
            Op::ScaleShift { axis, .. } => Some(*axis),
            _ => None,
        }
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
