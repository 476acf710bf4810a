use std::collections::{BTreeMap, BTreeSet};

use cadet_format::{Layout, TargetId};

/// How to compile a model.
#[derive(Clone, Debug)]
pub struct Options {
    /// Arithmetic of the steps.
    pub precision: Precision,
    /// Names of steps that stay in floats when the model is quantised: mixed precision.
    pub kept_float: BTreeSet<String>,
    /// Whether the channels between two layers are scaled, before a model is quantised, so that each takes
    /// as much of the range of an int8 as the others: cross-layer equalisation.
    pub equalise: bool,
    /// Whether what rounding the weights adds to the channels of an integer layer on average goes off
    /// its bias.
    pub bias_correction: bool,
    /// How float layers store their weights, where there is a kernel for it.
    pub weights: Weights,
    /// Rounding of integer steps.
    pub numerics: Numerics,
    /// Processor family that the package is for.
    pub target: TargetId,
    /// How weights lie: as the kernels of that processor read them. Other processors run the package too.
    pub layout: Layout,
    /// The only board that the package is for, and what it has; `None` for any.
    pub board: Option<Board>,
    /// Memory order of inputs and outputs.
    pub io: IoLayout,
    /// Whether nodes are fused; without, every tensor of the ONNX model is written to memory, so
    /// that it can be compared, and a model that was quantised elsewhere computes in floats between its
    /// conversions, as its nodes say.
    pub fuse: bool,
    /// Whether channels whose values are known before anything runs are cut. The results stay the
    /// same, bit for bit; those of float steps with the scalar kernels, as long as no value is NaN.
    pub prune: bool,
    /// Whether float results may change by rounding, where that saves work: with it, pruning cuts float
    /// channels of any constant value, not of 0 only.
    pub fast_math: bool,
    /// Least and greatest value of inputs by name, which pruning takes for granted: for other values the
    /// package may compute something else than the model. Without, floats are taken to lie within ±1e9, and
    /// integers can hold any value; infinities as bounds let floats do so too.
    pub input_ranges: BTreeMap<String, (f32, f32)>,
    /// Whether the inputs are still in the arena after a run.
    pub keep_inputs: bool,
    /// Whether a step may write over inputs that nothing reads afterwards; without, the operands of a
    /// step are all in memory after it.
    pub overlap: bool,
    /// Whether the first layers run a few rows at a time.
    pub strips: Strips,
    /// Whether the model runs frame by frame, and how.
    pub stream: Option<Stream>,
    /// How a language model is cut into programs.
    pub decoder: Decoder,
    /// Shapes of inputs by name, for models with dynamic shapes. Elsewhere an unknown first
    /// dimension, the batch, becomes 1.
    pub input_shapes: BTreeMap<String, Vec<usize>>,
    /// Rises with every security-relevant release of a model; devices refuse to go back.
    pub security_version: u32,
    /// The compiled tokenizer of a language model.
    pub tokenizer: Option<Vec<u8>>,
    /// Names of the classes, in the order of the output.
    pub labels: Vec<String>,
    /// How raw samples become the input, in words.
    pub preprocessing: String,
    /// Facts on the model's origin, beside those that the compiler finds itself: keys that start with
    /// `model.` or `options.` are its own.
    pub provenance: BTreeMap<String, String>,
}

impl Options {
    /// Float arithmetic, any processor, ONNX's memory order, all optimisations.
    pub fn float() -> Options {
        Options {
            precision: Precision::F32,
            kept_float: BTreeSet::new(),
            equalise: false,
            bias_correction: false,
            weights: Weights::F32,
            numerics: Numerics::Onnx,
            target: TargetId::Any,
            layout: Layout::Canonical,
            board: None,
            io: IoLayout::Onnx,
            fuse: true,
            prune: true,
            fast_math: false,
            input_ranges: BTreeMap::new(),
            keep_inputs: false,
            overlap: true,
            strips: Strips::None,
            stream: None,
            decoder: Decoder::default(),
            input_shapes: BTreeMap::new(),
            security_version: 0,
            tokenizer: None,
            labels: Vec::new(),
            preprocessing: String::new(),
            provenance: BTreeMap::new(),
        }
    }

    /// Int8 arithmetic with min-max ranges, everything else as [`Options::float`].
    pub fn int8(samples: Vec<Vec<f32>>) -> Options {
        let calibration = Calibration {
            samples,
            range: Range::MinMax,
        };
        Options {
            precision: Precision::Int8(calibration),
            ..Options::float()
        }
    }
}

/// How a language model is cut into programs: one takes in a token and gives what may follow, one takes in a chunk of a
/// prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoder {
    /// Tokens for which the state has room; `None` for as many as the model has positions.
    pub context: Option<usize>,
    /// Tokens that are taken in at a time.
    pub chunk: usize,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            context: None,
            chunk: 16,
        }
    }
}

/// Whose rounding the integer steps follow, bit for bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numerics {
    /// ONNX Runtime's: one f32 product, rounded half to even.
    Onnx,
    /// That of LiteRT's reference kernels: fixed-point multipliers, rounded twice, in fully connected
    /// layers once.
    Tflite,
    /// That of TensorFlow Lite Micro and CMSIS-NN: fixed-point multipliers, rounded twice everywhere.
    Tflm,
}

/// How weights are stored that float activations are multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// 32-bit floats.
    F32,
    /// 16-bit floats, in layers whose weights are all within their range.
    F16,
    /// Symmetric 8-bit integers with a scale for each output channel.
    Int8,
    /// Symmetric 8-bit integers with a scale for each 32 inputs of an output, in fully connected layers and tables of
    /// embeddings. The input of such a layer is rounded to 8 bits in the same groups when it runs.
    Int8Groups,
    /// 4-bit integers in the same way, but for embeddings and layers that give outputs of the model.
    Int4Groups,
}

impl Weights {
    /// Bits of weights in groups.
    pub(crate) fn bits_in_groups(self) -> Option<u32> {
        match self {
            Weights::Int8Groups => Some(8),
            Weights::Int4Groups => Some(4),
            Weights::F32 | Weights::F16 | Weights::Int8 => None,
        }
    }
}

/// Arithmetic of the steps.
#[derive(Clone, Debug)]
pub enum Precision {
    /// 32-bit floats.
    F32,
    /// 8-bit integers: asymmetric activations with ranges from calibration data, symmetric weights
    /// per output channel.
    Int8(Calibration),
}

/// Data from which the ranges of activations are taken.
#[derive(Clone, Debug)]
pub struct Calibration {
    /// Inputs of one run each: the elements of all inputs, one after the other, in ONNX order.
    pub samples: Vec<Vec<f32>>,
    /// How the range of a tensor follows from its values.
    pub range: Range,
}

/// How the range of a tensor follows from its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Range {
    /// From the least value to the greatest.
    MinMax,
    /// Leaves out the given share of the values at each end, such as 0.001.
    Percentile(f64),
    /// With the least sum of squared errors over the calibration data.
    Mse,
    /// With the least Kullback-Leibler divergence between the values and their int8 values.
    Entropy,
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Range::MinMax => f.write_str("min-max"),
            Range::Percentile(share) => write!(f, "percentile:{share}"),
            Range::Mse => f.write_str("mse"),
            Range::Entropy => f.write_str("entropy"),
        }
    }
}

impl std::str::FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Range, String> {
        match text {
            "min-max" => return Ok(Range::MinMax),
            "mse" => return Ok(Range::Mse),
            "entropy" => return Ok(Range::Entropy),
            _ => {}
        }
        let share = text.strip_prefix("percentile:").map(str::parse);
        match share {
            Some(Ok(share)) if (0.0..0.5).contains(&share) => Ok(Range::Percentile(share)),
            _ => Err(format!(
                "`{text}` is none of min-max, mse, entropy and percentile:SHARE (0 to 0.5)"
            )),
        }
    }
}

/// Whether layers run a few rows at a time, so that the planes between them are never in memory as a whole. The
/// results and the multiplications stay the same; steps are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strips {
    /// No.
    None,
    /// Those that need the most memory, where that saves some.
    Whole,
    /// From the first layer on, whose input does not lie in the arena: the caller has it elsewhere, or hands over
    /// rows as the layers ask for them.
    Fed,
}

/// How a model over a window of frames runs frame by frame: a run takes in the next frames of each input named and
/// gives what these complete of the outputs, bit for bit the same as a run over the whole window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The axis of time, in ONNX's order, of each input that has one, by name.
    pub axes: BTreeMap<String, usize>,
    /// Frames that a run takes in, a multiple of every stride along time; `None` for the least there is.
    pub hop: Option<usize>,
}

/// Memory order of the model's inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IoLayout {
    /// As in the ONNX model.
    Onnx,
    /// Channels last: the ONNX dimensions `[n, c, h, w]` lie as `[n, h, w, c]`.
    ChannelsLast,
}

/// A board by name, and the memory that a model may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Name of its folder in `targets`.
    pub name: String,
    /// Bytes of flash for the package.
    pub flash_bytes: u64,
    /// Bytes of RAM for arena and state.
    pub ram_bytes: u64,
}
