use cadet_format::{DType, Opcode};
use serde::Serialize;

use crate::error::UnsupportedNode;
use crate::ir::TensorId;
use crate::layout::Arranged;
use crate::lower::{Lowered, LoweredStep, Place};
use crate::options::{Board, Options, Precision};

/// What a compiled model takes and does.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// "f32" or "int8", "int8 as the model has it" where it was quantised before; "as in the model" where that is
    /// packaged whole.
    pub precision: &'static str,
    /// Bytes of the package by part.
    pub flash: FlashBytes,
    /// Bytes of working memory: inputs, outputs and everything between.
    pub arena_bytes: usize,
    /// Most bytes that the live activations of one step take at the least, a step's outputs
    /// overlapping its inputs as far as its kernel allows; no plan of these steps can go below.
    pub arena_lower_bound_bytes: usize,
    /// Bytes of memory kept between runs.
    pub state_bytes: usize,
    /// Multiplications with weights in one run.
    pub macs: u64,
    /// Inputs in the model's order.
    pub inputs: Vec<PortReport>,
    /// Outputs in the model's order.
    pub outputs: Vec<PortReport>,
    /// Steps in the order they run.
    pub steps: Vec<StepReport>,
    /// Activations of the ONNX model that are in memory at some time.
    pub tensors: Vec<TensorReport>,
    /// What lies in the arena, and when.
    pub buffers: Vec<BufferReport>,
    /// The steps that go a few rows at a time, where some do.
    pub strips: Option<StripsReport>,
    /// How the model runs frame by frame, where it does.
    pub stream: Option<StreamReport>,
    /// The golden vectors, where the package has some.
    pub golden: Option<GoldenReport>,
    /// How the model fits the board that was named.
    pub fit: Option<Fit>,
    /// Why the ONNX model was packaged whole, for hosts: the nodes that cannot be compiled. Empty for
    /// compiled steps.
    pub fallback: Vec<UnsupportedNode>,
}

/// Layers that run strip by strip. They multiply as often as they would otherwise.
#[derive(Clone, Debug, Serialize)]
pub struct StripsReport {
    /// The first and the last of these nodes.
    pub first: String,
    /// See `first`.
    pub last: String,
    /// How many strips there are.
    pub strips: usize,
    /// Bytes that are moved in one run so that a strip finds the rows it has in common with the one before.
    pub kept_bytes: usize,
    /// Rows of the input that the caller hands over at once at the most; `None` where the whole input lies in the
    /// arena.
    pub fed_rows: Option<usize>,
}

/// A model that runs frame by frame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamReport {
    /// Frames that a run takes in.
    pub hop: usize,
    /// Frames of the whole window.
    pub frames: usize,
    /// What comes of them, in the order of the outputs.
    pub outputs: Vec<StreamedOutput>,
}

/// What a run gives of an output.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StreamedOutput {
    /// Name in the ONNX model.
    pub name: String,
    /// The ONNX axis along which each run gives the next elements; `None` where it gives the output as the model
    /// has it, over the last frames, or one that does not depend on the frames at all.
    pub axis: Option<usize>,
    /// Elements that a run gives along that axis, 1 where there is none.
    pub elements: usize,
    /// Frames from an element to the next, or from an output over the last frames to the next.
    pub stride: usize,
    /// The frame with which the first whole one begins; its window reaches before the first where there is padding.
    pub first_frame: usize,
    /// Elements, or outputs over the last frames, that come before the first whole one: what run `r` gives starts
    /// with number `r * elements - before`, and what has a number below 0 means nothing.
    pub before: usize,
}

impl StreamedOutput {
    /// The first run after a reset that gives something whole, counted from 0.
    pub fn first_run(&self) -> usize {
        self.before / self.elements
    }

    /// Elements at the start of that run's output that mean nothing.
    pub fn skipped(&self) -> usize {
        self.before % self.elements
    }
}

/// Golden vectors and what they reach.
#[derive(Clone, Debug, Serialize)]
pub struct GoldenReport {
    /// How many there are.
    pub vectors: usize,
    /// Seed of the first one.
    pub seed: u32,
    /// Steps whose outputs hold one value, or do not differ between the vectors.
    pub unexercised: Vec<String>,
}

/// Bytes of a package by part.
#[derive(Clone, Debug, Serialize)]
pub struct FlashBytes {
    /// The whole package.
    pub total: usize,
    /// Weights, biases and multipliers; the ONNX model where that is packaged whole.
    pub weights: usize,
    /// Golden vectors.
    pub golden: usize,
    /// Names and provenance.
    pub manifest: usize,
    /// Header and tables.
    pub plan: usize,
}

/// An input or output.
#[derive(Clone, Debug, Serialize)]
pub struct PortReport {
    /// Name in the ONNX model.
    pub name: String,
    /// Extents in memory order, outermost first.
    pub shape: Vec<usize>,
    /// Element type in memory.
    pub dtype: String,
    /// Real value of one step; 0 for floats.
    pub scale: f32,
    /// Integer that stands for 0.
    pub zero_point: i32,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    /// Name of the ONNX node.
    pub name: String,
    /// ONNX operator.
    pub op: String,
    /// Kernel that runs it.
    pub kernel: String,
    /// Extents of the activations that it reads.
    pub inputs: Vec<Vec<usize>>,
    /// Extents of what it writes.
    pub output: Vec<usize>,
    /// Multiplications with weights.
    pub macs: u64,
    /// Bytes of its constants.
    pub weight_bytes: usize,
}

/// An activation of the ONNX model and where to find it.
#[derive(Clone, Debug, Serialize)]
pub struct TensorReport {
    /// Name in the ONNX model.
    pub name: String,
    /// Its tensor in the package.
    pub tensor: u16,
    /// The step after which it holds; `None` for inputs.
    pub step: Option<usize>,
    /// Extents into which the elements in ONNX order are split.
    pub extents: Vec<usize>,
    /// The order of these extents in memory, outermost first.
    pub order: Vec<usize>,
}

impl TensorReport {
    /// Elements in ONNX order from elements in memory order.
    ///
    /// # Panics
    /// Where `memory` does not hold as many elements as the tensor.
    pub fn to_onnx_order<T: Copy + Default>(&self, memory: &[T]) -> Vec<T> {
        let indices = self.onnx_indices(memory.len());
        let mut elements = vec![T::default(); memory.len()];
        for (&index, &value) in indices.iter().zip(memory) {
            elements[index] = value;
        }
        elements
    }

    /// Elements in memory order from elements in ONNX order.
    ///
    /// # Panics
    /// Where `elements` does not hold as many elements as the tensor.
    pub fn to_memory_order<T: Copy>(&self, elements: &[T]) -> Vec<T> {
        let indices = self.onnx_indices(elements.len());
        indices.iter().map(|&index| elements[index]).collect()
    }

    fn onnx_indices(&self, len: usize) -> Vec<usize> {
        let layout = crate::layout::Layout::new(self.extents.clone(), self.order.clone());
        let indices = layout.onnx_indices();
        assert_eq!(indices.len(), len, "elements of `{}`", self.name);
        indices
    }
}

/// A part of the arena that keeps its contents for some steps. A step may write one over another
/// that it reads for the last time.
#[derive(Clone, Debug, Serialize)]
pub struct BufferReport {
    /// Name of the first tensor in it.
    pub name: String,
    /// Where it starts in the arena, in bytes.
    pub offset: usize,
    /// Its size.
    pub bytes: usize,
    /// The step that writes it; 0 for inputs.
    pub first_step: usize,
    /// The last step that reads it, or the last of all for what is read after the run.
    pub last_step: usize,
}

/// A model on a board.
#[derive(Clone, Debug, Serialize)]
pub struct Fit {
    /// Name of the board.
    pub board: String,
    /// Bytes of flash left; negative where the package is too large.
    pub flash_left_bytes: i64,
    /// Bytes of RAM left; negative where the arena is too large.
    pub ram_left_bytes: i64,
}

impl Fit {
    /// Whether the board has room for the model.
    pub fn fits(&self) -> bool {
        self.flash_left_bytes >= 0 && self.ram_left_bytes >= 0
    }

    fn new(board: &Board, flash_bytes: usize, ram_bytes: usize) -> Fit {
        Fit {
            board: board.name.clone(),
            flash_left_bytes: board.flash_bytes as i64 - flash_bytes as i64,
            ram_left_bytes: board.ram_bytes as i64 - ram_bytes as i64,
        }
    }
}

/// The report of a lowered model whose package takes `flash` bytes.
pub(crate) fn report(
    arranged: &Arranged,
    lowered: &Lowered,
    flash: FlashBytes,
    options: &Options,
) -> Report {
    let board = options.board.as_ref();
    Report {
        model: arranged.graph.name.clone(),
        precision: precision(lowered, options),
        arena_bytes: lowered.arena_bytes,
        arena_lower_bound_bytes: lowered.lower_bound_bytes,
        state_bytes: lowered.state_bytes,
        macs: lowered.steps.iter().map(|step| step.macs).sum(),
        inputs: ports(lowered, &lowered.inputs),
        outputs: ports(lowered, &lowered.outputs),
        steps: steps(lowered),
        tensors: tensors(arranged, lowered),
        buffers: buffers(lowered),
        strips: lowered.strips.clone(),
        stream: arranged.graph.stream.clone(),
        golden: None,
        fallback: Vec::new(),
        fit: board.map(|board| {
            let ram = lowered.arena_bytes + lowered.state_bytes;
            Fit::new(board, flash.total, ram)
        }),
        flash,
    }
}

fn ports(lowered: &Lowered, rows: &[u16]) -> Vec<PortReport> {
    let port = |&row: &u16| {
        let tensor = &lowered.tensors[usize::from(row)];
        PortReport {
            name: tensor.name.clone(),
            shape: tensor.dims.clone(),
            dtype: format!("{:?}", tensor.dtype).to_lowercase(),
            scale: tensor.scale,
            zero_point: tensor.zero_point,
        }
    };
    rows.iter().map(port).collect()
}

/// What was asked for, or came with the model.
fn precision(lowered: &Lowered, options: &Options) -> &'static str {
    let is_int8 = lowered.steps.iter().any(|step| {
        let kernel = lowered.kernels[usize::from(step.kernel)];
        step.macs > 0 && kernel.dtype == DType::I8 as u8
    });
    match options.precision {
        Precision::Int8(_) => "int8",
        Precision::F32 if is_int8 => "int8 as the model has it",
        Precision::F32 => "f32",
    }
}

fn steps(lowered: &Lowered) -> Vec<StepReport> {
    let rows = lowered.steps.iter().map(|step| {
        let activations = step.inputs.iter().filter_map(|&row| {
            let tensor = lowered.tensors.get(usize::from(row))?;
            matches!(tensor.place, Place::Arena(_) | Place::State(_)).then(|| tensor.dims.clone())
        });
        StepReport {
            name: step.name.clone(),
            op: step.op.into(),
            kernel: kernel_name(lowered, step),
            inputs: activations.collect(),
            output: lowered.tensors[usize::from(step.outputs[0])].dims.clone(),
            macs: step.macs,
            weight_bytes: step.weight_bytes,
        }
    });
    rows.collect()
}

fn buffers(lowered: &Lowered) -> Vec<BufferReport> {
    let last = lowered.steps.len().saturating_sub(1);
    let buffers = lowered.buffers.iter().map(|stored| BufferReport {
        name: stored.name.clone(),
        offset: stored.offset,
        bytes: stored.buffer.bytes,
        first_step: stored.buffer.first.min(last),
        last_step: stored.buffer.last.min(last),
    });
    buffers.collect()
}

/// Operator, element type and numerics; of layers whose weights are stored in another type, that type too.
fn kernel_name(lowered: &Lowered, step: &LoweredStep) -> String {
    let id = lowered.kernels[usize::from(step.kernel)];
    let opcode = Opcode::from_u16(id.opcode);
    let name = |dtype: DType| format!("{dtype:?}").to_lowercase();
    let dtype = DType::from_u8(id.dtype).map_or(String::new(), name);
    if let Some(
        Opcode::Conv2dCompressed
        | Opcode::DepthwiseConv2dCompressed
        | Opcode::FullyConnectedCompressed,
    ) = opcode
    {
        let weights = &lowered.tensors[usize::from(step.inputs[1])];
        let opcode = opcode.map_or("", Opcode::name);
        return format!("{opcode}.{dtype}.{}", name(weights.dtype));
    }
    let opcode = opcode.map_or("user", Opcode::name);
    match cadet_format::Numerics::from_u8(id.numerics) {
        Some(cadet_format::Numerics::Onnx) => format!("{opcode}.{dtype}.onnx"),
        Some(cadet_format::Numerics::Tflite) => format!("{opcode}.{dtype}.tflite"),
        Some(cadet_format::Numerics::TfliteSingle) => format!("{opcode}.{dtype}.tflite-single"),
        _ => format!("{opcode}.{dtype}"),
    }
}

fn tensors(arranged: &Arranged, lowered: &Lowered) -> Vec<TensorReport> {
    let mut rows: Vec<TensorReport> = Vec::new();
    for &(TensorId(id), tensor, step) in &lowered.activations {
        let source = &arranged.graph.tensors[id];
        if rows.iter().any(|row| row.name == source.name) {
            // A copy in another memory order.
            continue;
        }
        let layout = &arranged.layouts[id];
        rows.push(TensorReport {
            name: source.name.clone(),
            tensor,
            step,
            extents: layout.extents().to_vec(),
            order: layout.order().to_vec(),
        });
    }
    rows
}
