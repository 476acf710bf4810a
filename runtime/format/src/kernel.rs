use bytemuck::{Pod, Zeroable};

/// Identity of a kernel that a package needs. 8 bytes, compared as a whole.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub struct KernelId {
    /// An [`Opcode`], or 0x8000 and up for a user's own kernel.
    pub opcode: u16,
    /// [`DType`](crate::DType) of the activations.
    pub dtype: u8,
    /// A [`Numerics`].
    pub numerics: u8,
    /// A [`Layout`] of the weights.
    pub layout: u8,
    /// Version of the kernel's contract, from 1.
    pub version: u8,
    /// Zero.
    pub reserved: u16,
}

impl KernelId {
    /// Version 1 of a built-in kernel on canonical weights.
    pub const fn new(opcode: Opcode, dtype: crate::DType, numerics: Numerics) -> KernelId {
        KernelId {
            opcode: opcode as u16,
            dtype: dtype as u8,
            numerics: numerics as u8,
            layout: Layout::Canonical as u8,
            version: 1,
            reserved: 0,
        }
    }

    /// The same on weights in another layout.
    pub const fn with_layout(self, layout: Layout) -> KernelId {
        KernelId {
            layout: layout as u8,
            ..self
        }
    }
}

/// Order of a kernel's weights.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// As the operator's parameters describe them.
    Canonical = 0,
    /// In blocks of 16 outputs, each `[depth, 16]` where sums are floats and `[depth / 4, 16, 4]` in int8, where canonical
    /// weights are `[outputs, depth]`; filled up with zeros.
    Blocked = 1,
    /// The same in int8 with blocks of `[runs, length / 2, 16, 2]`, a run being what lies side by side in the input under
    /// every window.
    BlockedPairs = 2,
}

/// Rounding of integer steps. The scalar kernels define each.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numerics {
    /// Floating-point steps, and steps that only move data.
    None = 0,
    /// f32 multiplier, round half to even, as ONNX Runtime.
    Onnx = 1,
    /// Q31 multiplier and shift, double rounding, as TensorFlow Lite Micro and CMSIS-NN.
    Tflite = 2,
    /// As `Tflite` with single rounding: LiteRT's reference kernel of the fully connected layer.
    TfliteSingle = 3,
}

impl Numerics {
    /// The numerics with this code.
    pub const fn from_u8(code: u8) -> Option<Numerics> {
        Some(match code {
            0 => Numerics::None,
            1 => Numerics::Onnx,
            2 => Numerics::Tflite,
            3 => Numerics::TfliteSingle,
            _ => return None,
        })
    }
}

/// Declares [`Opcode`] with its list and names from one line an operator.
macro_rules! opcodes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $name:literal,)*) => {
        /// The built-in operators. `params` and `SPEC.md` give operands and parameters of each. Codes are
        /// never reused; each family has a range of its own.
        #[repr(u16)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Opcode {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Opcode {
            /// Every built-in operator.
            pub const ALL: &[Opcode] = &[$(Opcode::$variant,)*];

            /// The name used in reports.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Opcode::$variant => $name,)*
                }
            }
        }
    };
}

opcodes! {
    /// 2-D convolution with groups.
    Conv2d = 1 "conv2d",
    /// 2-D convolution, one filter or more a channel.
    DepthwiseConv2d = 2 "depthwise_conv2d",
    /// Matrix-vector or matrix-matrix product with constant weights.
    FullyConnected = 3 "fully_connected",
    /// Largest value of a window.
    MaxPool2d = 4 "max_pool2d",
    /// Mean of a window.
    AveragePool2d = 5 "average_pool2d",
    /// Sum of two tensors, in f32 or quantised.
    Add = 6 "add",
    /// A function of each element, by the arithmetic of f32.
    Unary = 7 "unary",
    /// Any function of an 8-bit element, as a table of 256 bytes.
    Table = 8 "table",
    /// Softmax over the last axis.
    Softmax = 9 "softmax",
    /// Permutation of the axes.
    Transpose = 10 "transpose",
    /// Copy of the bytes (a reshape that could not be made in place).
    Copy = 11 "copy",
    /// f32 to i8 or u8.
    Quantize = 12 "quantize",
    /// i8 or u8 to f32.
    Dequantize = 13 "dequantize",
    /// i8 to i8 with another scale and zero point.
    Requantize = 14 "requantize",

    // Elementwise: 16 to 31.
    /// A function of two elements.
    Binary = 16 "binary",
    /// A comparison of two elements.
    Compare = 17 "compare",
    /// Powers.
    Pow = 18 "pow",
    /// Product of two quantised tensors.
    Mul = 19 "mul",
    /// Elements of one tensor or another, by a condition.
    Select = 20 "select",
    /// Conversion of the element type.
    Cast = 21 "cast",
    /// A function of each element in f32 that is computed in f64.
    Transcendental = 22 "transcendental",
    /// Quantised ReLU with slopes for negative values.
    PRelu = 23 "prelu",

    // Movement, selection and indexing: 32 to 63.
    /// A tensor read in strides, such as a slice or a repetition.
    StridedCopy = 32 "strided_copy",
    /// Tensors one behind the other.
    Concat = 33 "concat",
    /// Elements added or taken away at the ends of axes.
    Pad = 34 "pad",
    /// The upper or lower triangle of matrices.
    Triangle = 35 "triangle",
    /// The first elements of each sequence in reverse.
    ReverseSequence = 36 "reverse_sequence",
    /// Slices named by tuples of indices.
    Gather = 37 "gather",
    /// Elements named by one index each.
    GatherElements = 38 "gather_elements",
    /// Elements replaced or combined where indices say.
    ScatterElements = 39 "scatter_elements",
    /// Slices replaced or combined where tuples of indices say.
    ScatterNd = 40 "scatter_nd",
    /// New rows in a cache.
    TensorScatter = 41 "tensor_scatter",
    /// One value where an index points, another elsewhere.
    OneHot = 42 "one_hot",
    /// Running sum or product along an axis.
    Cumulative = 43 "cumulative",
    /// The greatest or least elements along an axis.
    TopK = 44 "top_k",
    /// Place of the greatest or least element along an axis.
    ArgMax = 45 "arg_max",
    /// Weighted sums of neighbours along axes.
    Resample = 46 "resample",
    /// Interpolation at given places.
    GridSample = 47 "grid_sample",
    /// Places of an affinely moved image.
    AffineGrid = 48 "affine_grid",
    /// Mean or greatest of points in regions of interest.
    RoiAlign = 49 "roi_align",
    /// Sums of overlapping blocks.
    Col2Im = 50 "col2im",

    // Reductions, normalisations, products, recurrences: 64 to 95.
    /// One value for each group of elements along a set of axes.
    Reduce = 64 "reduce",
    /// Product of matrices known at run time.
    MatMul = 65 "matmul",
    /// Logarithm of the softmax over the last axis.
    LogSoftmax = 66 "log_softmax",
    /// 1 at the greatest element of the last axis.
    Hardmax = 67 "hardmax",
    /// Normalisation along a set of axes.
    Normalize = 68 "normalize",
    /// Division by the size of the neighbours along an axis.
    LocalResponseNorm = 69 "local_response_norm",
    /// Long short-term memory over a sequence.
    Lstm = 70 "lstm",
    /// Gated recurrent unit over a sequence.
    Gru = 71 "gru",
    /// Simple recurrent layer over a sequence.
    Rnn = 72 "rnn",
    /// Attention as a recurrence over a matrix of state.
    LinearAttention = 73 "linear_attention",
    /// Determinants of square matrices.
    Determinant = 74 "determinant",
    /// Discrete Fourier transform, of one frame or many.
    Dft = 75 "dft",
    /// Softmax over the last axis where rows of minus infinity only give zeros.
    MaskedSoftmax = 76 "masked_softmax",
    /// Attention over keys and values that are kept between runs.
    CachedAttention = 77 "cached_attention",
    /// Rotary position embedding at a run-time position.
    Rotary = 78 "rotary",
    /// Product with a constant matrix of few bits, with a scale for each group of inputs.
    Linear = 79 "linear",
    /// Rows of such a matrix.
    Embedding = 80 "embedding",

    // Windows: 96 to 111.
    /// Convolution over up to three spatial axes, with groups.
    Conv = 96 "conv",
    /// Transposed convolution over up to three spatial axes, with groups.
    ConvTranspose = 97 "conv_transpose",
    /// 2-D convolution with taps moved by offsets.
    DeformConv = 98 "deform_conv",
    /// Largest value of a window over up to three spatial axes, and where it lies.
    MaxPool = 99 "max_pool",
    /// Mean of a window over up to three spatial axes.
    AveragePool = 100 "average_pool",
    /// Norm of a window over up to three spatial axes.
    LpPool = 101 "lp_pool",
    /// Largest values put back to where they came from.
    MaxUnpool = 102 "max_unpool",
    /// `Conv2d` with weights in f16, or in i8 with scales.
    Conv2dCompressed = 103 "conv2d_compressed",
    /// `DepthwiseConv2d` with weights in f16, or in i8 with scales.
    DepthwiseConv2dCompressed = 104 "depthwise_conv2d_compressed",
    /// `FullyConnected` with weights in f16, or in i8 with scales.
    FullyConnectedCompressed = 105 "fully_connected_compressed",
    /// `Conv2d`, and the sum of its result and what lies where that goes.
    Conv2dAdd = 106 "conv2d_add",
    /// `FullyConnected`, and the sum of its result and what lies where that goes.
    FullyConnectedAdd = 107 "fully_connected_add",

    // Integer products and quantisation: 112 to 127.
    /// Convolution of 8-bit elements that keeps its i32 sums.
    ConvInteger = 112 "conv_integer",
    /// f32 to integers, with a scale for the tensor, an axis or blocks.
    QuantizeLinear = 113 "quantize_linear",
    /// Integers to f32, with a scale for the tensor, an axis or blocks.
    DequantizeLinear = 114 "dequantize_linear",
    /// f32 to u8, with a scale found at run time.
    DynamicQuantizeLinear = 115 "dynamic_quantize_linear",
    /// u8 to i8 and back.
    FlipSign = 116 "flip_sign",

    // Whole graphs: 128 to 135.
    /// The ONNX model of section `ONNX`, run by a host; the engine has no such kernel.
    OnnxGraph = 128 "onnx_graph",
}

impl Opcode {
    /// The operator with this code; `None` for users' kernels and unknown ones.
    pub fn from_u16(code: u16) -> Option<Opcode> {
        Opcode::ALL.iter().copied().find(|op| *op as u16 == code)
    }
}
