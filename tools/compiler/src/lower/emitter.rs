use std::collections::HashMap;

use bytemuck::Pod;
use cadet_format::{DType, Fill, KernelId, NO_TENSOR, Numerics, Opcode, ProgramKind, Scalar};

use super::constants::Constants;
use super::fold_sums::cut_and_fold;
use super::state::place_states;
use super::storage::{StoredBuffer, assign, homes};
use crate::error::CompileError;
use crate::ir::{Affine, Graph, Node, Op, TensorId, Values};
use crate::layout::{Arranged, Layout};
use crate::options::{Numerics as Rounding, Options, Weights};
use crate::report::StripsReport;

/// A model as rows of a package.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) kernels: Vec<KernelId>,
    pub(crate) steps: Vec<LoweredStep>,
    pub(crate) tensors: Vec<LoweredTensor>,
    /// Bytes of the one weight region.
    pub(crate) weights: Vec<u8>,
    /// Rows of the inputs and of the outputs, of the first program where there are several.
    pub(crate) inputs: Vec<u16>,
    pub(crate) outputs: Vec<u16>,
    /// Programs behind the first, one behind the other; the steps that are left are the first one's.
    pub(crate) further: Vec<LoweredProgram>,
    /// What the caller says of a run.
    pub(crate) scalars: Vec<Scalar>,
    pub(crate) arena_bytes: usize,
    pub(crate) lower_bound_bytes: usize,
    pub(crate) state_bytes: usize,
    /// What the state holds after a reset, where that is not zero.
    pub(crate) initial: Vec<Fill>,
    /// What lies in the arena, and when.
    pub(crate) buffers: Vec<StoredBuffer>,
    pub(crate) alignment: usize,
    /// Row of each activation of the graph, and the step after which it holds; `None` for inputs.
    pub(crate) activations: Vec<(TensorId, u16, Option<usize>)>,
    /// The steps that go strip by strip, where some do.
    pub(crate) strips: Option<StripsReport>,
}

impl Lowered {
    /// All programs. The first of several is a decoder's pass over one token.
    pub(crate) fn programs(&self) -> Vec<LoweredProgram> {
        let behind = self.further.iter().map(|program| program.step_count);
        let first = LoweredProgram {
            kind: match self.scalars.is_empty() {
                true => ProgramKind::Main,
                false => ProgramKind::Decode,
            },
            step_count: self.steps.len() - behind.sum::<usize>(),
            inputs: self.inputs.clone(),
            outputs: self.outputs.clone(),
        };
        std::iter::once(first)
            .chain(self.further.iter().cloned())
            .collect()
    }
}

/// A program that shares weights and state with the first.
#[derive(Clone, Debug)]
pub(crate) struct LoweredProgram {
    pub(crate) kind: ProgramKind,
    pub(crate) step_count: usize,
    pub(crate) inputs: Vec<u16>,
    pub(crate) outputs: Vec<u16>,
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct LoweredStep {
    pub(crate) name: String,
    pub(crate) op: &'static str,
    /// Index into the kernels.
    pub(crate) kernel: u16,
    /// Rows of the operands, [`NO_TENSOR`] where one is not given.
    pub(crate) inputs: Vec<u16>,
    pub(crate) outputs: Vec<u16>,
    pub(crate) params: Vec<u8>,
    pub(crate) macs: u64,
    pub(crate) weight_bytes: usize,
}

/// One tensor row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoweredTensor {
    pub(crate) name: String,
    pub(crate) dtype: DType,
    pub(crate) place: Place,
    pub(crate) dims: Vec<usize>,
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
    /// Whether it is some rows of a tensor of the model.
    pub(crate) is_part: bool,
}

impl LoweredTensor {
    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.dims.iter().product()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.len() * self.dtype.bits() as usize / 8
    }
}

/// Where a tensor lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At an offset in the arena.
    Arena(usize),
    /// At an offset in the state.
    State(usize),
    /// At an offset in the weights.
    Weights(usize),
    /// At an offset in the caller's input.
    Input(usize),
}

/// What a step is, beside its operands.
pub(super) struct Kernel {
    pub(super) opcode: Opcode,
    /// Element type of the main operand.
    pub(super) dtype: DType,
    pub(super) numerics: Numerics,
    /// Parameter block.
    pub(super) params: Vec<u8>,
    /// Multiplications with weights.
    pub(super) macs: usize,
}

/// A parameter block's bytes.
pub(super) fn block<P: Pod>(params: P) -> Vec<u8> {
    bytemuck::bytes_of(&params).to_vec()
}

/// Collects rows.
pub(super) struct Emitter<'a> {
    arranged: &'a Arranged,
    rounding: Rounding,
    weights: Weights,
    alignment: usize,
    kernels: Vec<KernelId>,
    steps: Vec<LoweredStep>,
    tensors: Vec<LoweredTensor>,
    rows: HashMap<(TensorId, Vec<usize>), u16>,
    constants: Constants,
    /// Constant operands of the step under way.
    step_weight_bytes: usize,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(arranged: &'a Arranged, options: &Options, alignment: usize) -> Emitter<'a> {
        Emitter {
            arranged,
            rounding: options.numerics,
            weights: options.weights,
            alignment,
            kernels: Vec::new(),
            steps: Vec::new(),
            tensors: Vec::new(),
            rows: HashMap::new(),
            constants: Constants::default(),
            step_weight_bytes: 0,
        }
    }

    pub(super) fn graph(&self) -> &'a Graph {
        &self.arranged.graph
    }

    pub(super) fn shape(&self, id: TensorId) -> &'a [usize] {
        self.arranged.graph.shape(id)
    }

    /// Extents of an activation in memory order.
    pub(super) fn memory_extents(&self, id: TensorId) -> Vec<usize> {
        self.arranged.layouts[id.0].memory_extents()
    }

    /// The permutation by which a relayout fills its output.
    pub(super) fn permutation(&self, from: TensorId, to: TensorId) -> Vec<usize> {
        let layouts = &self.arranged.layouts;
        // The layout pass inserts only relayouts that are one permutation.
        layouts[from.0]
            .permutation_to(&layouts[to.0])
            .unwrap_or_default()
    }

    /// The order of the dimensions of an activation in memory, where its layout follows its shape.
    pub(super) fn order(&self, id: TensorId) -> &'a [usize] {
        self.arranged.layouts[id.0].order()
    }

    /// The order of a tensor's dimensions in memory.
    pub(super) fn axis_order(&self, id: TensorId) -> Vec<usize> {
        let shape = self.shape(id);
        let order = self.arranged.layouts[id.0].order_over(shape);
        order.unwrap_or_else(|| (0..shape.len()).collect())
    }

    /// A tensor's dimensions in the order of a step's, where it has as many of them.
    pub(super) fn extents_in(&self, order: &[usize], id: TensorId) -> Vec<usize> {
        let shape = self.shape(id);
        if shape.len() != order.len() {
            return shape.to_vec();
        }
        order.iter().map(|&axis| shape[axis]).collect()
    }

    /// Element type of a tensor in memory.
    pub(super) fn dtype(&self, id: TensorId) -> DType {
        self.graph().tensor(id).element.dtype()
    }

    /// What the integers of a node's first input and first output stand for; `None` where the step
    /// works on anything but quantised integers.
    pub(super) fn affines(&self, node: &Node) -> Option<(Affine, Affine)> {
        let graph = self.graph();
        Some((graph.affine(node.inputs[0])?, graph.affine(node.output())?))
    }

    /// What the integers of a node's two inputs and its output stand for, in a step of which
    /// [`affines`](Self::affines) is given.
    pub(super) fn pair_affines(&self, node: &Node) -> [Affine; 3] {
        let exact = Affine {
            scale: 1.0,
            zero_point: 0,
        };
        let ids = [node.inputs[0], node.inputs[1], node.output()];
        ids.map(|id| self.graph().affine(id).unwrap_or(exact))
    }

    /// Whose rounding the integer steps follow.
    pub(super) fn followed(&self) -> Rounding {
        self.rounding
    }

    /// How float layers are to store their weights.
    pub(super) fn weights(&self) -> Weights {
        self.weights
    }

    /// Rounding of the integer steps that calculate.
    pub(super) fn rounding(&self) -> Numerics {
        match self.rounding {
            Rounding::Onnx => Numerics::Onnx,
            Rounding::Tflite | Rounding::Tflm => Numerics::Tflite,
        }
    }

    /// Rounding of a node's step: none where it works on floats.
    pub(super) fn numerics(&self, node: &Node) -> Numerics {
        let is_dense = matches!(node.op, Op::FullyConnected { .. });
        match self.affines(node) {
            None => Numerics::None,
            Some(_) if is_dense && self.rounding == Rounding::Tflite => Numerics::TfliteSingle,
            Some(_) => self.rounding(),
        }
    }

    /// Row of an activation seen with the extents `dims`.
    pub(super) fn activation(&mut self, id: TensorId, dims: &[usize]) -> u16 {
        let key = (id, dims.to_vec());
        if let Some(&row) = self.rows.get(&key) {
            return row;
        }
        let tensor = self.graph().tensor(id);
        let affine = tensor.affine;
        let row = self.push(LoweredTensor {
            name: tensor.name.clone(),
            dtype: tensor.element.dtype(),
            // Planned by `finish`, when all steps are known.
            place: Place::Arena(0),
            dims: dims.to_vec(),
            scale: affine.map_or(0.0, |affine| affine.scale),
            zero_point: affine.map_or(0, |affine| affine.zero_point),
            is_part: false,
        });
        self.rows.insert(key, row);
        row
    }

    /// Row of a constant operand, whose bytes join the weights at a multiple of `align`.
    pub(super) fn constant<T: Pod>(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[usize],
        values: &[T],
        align: usize,
    ) -> u16 {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        self.step_weight_bytes += bytes.len();
        let offset = self.constants.add(bytes, align);
        self.constant_at(name, dtype, dims, offset)
    }

    fn constant_at(&mut self, name: &str, dtype: DType, dims: &[usize], offset: usize) -> u16 {
        self.push(LoweredTensor {
            name: name.into(),
            dtype,
            place: Place::Weights(offset),
            dims: dims.to_vec(),
            scale: 0.0,
            zero_point: 0,
            is_part: false,
        })
    }

    /// Row of an operand with the extents `dims`, be it an activation or a constant of the graph.
    pub(super) fn operand(&mut self, id: TensorId, dims: &[usize]) -> u16 {
        let tensor = self.graph().tensor(id);
        let (name, dtype) = (&tensor.name, tensor.element.dtype());
        match &tensor.values {
            None => self.activation(id, dims),
            Some(Values::F32(values)) => self.constant(name, dtype, dims, values, 4),
            Some(Values::I64(values)) => {
                let bytes: Vec<u8> = match dtype {
                    DType::I64 => bytemuck::cast_slice(values).to_vec(),
                    DType::I32 => {
                        let narrow = values.iter().map(|&value| value as i32);
                        narrow.flat_map(i32::to_le_bytes).collect()
                    }
                    _ => values.iter().map(|&value| value as u8).collect(),
                };
                self.constant(name, dtype, dims, &bytes, 8)
            }
        }
    }

    /// Row of a weight matrix.
    pub(super) fn matrix<T: Pod>(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[usize],
        values: &[T],
    ) -> u16 {
        self.constant(name, dtype, dims, values, self.alignment)
    }

    /// As [`matrix`](Self::matrix), of bytes that are in the package once, whoever reads them.
    pub(super) fn shared_matrix<T: Pod>(
        &mut self,
        name: &str,
        dtype: DType,
        dims: &[usize],
        values: &[T],
    ) -> u16 {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        self.step_weight_bytes += bytes.len();
        let offset = self.constants.add_once(bytes, self.alignment);
        self.constant_at(name, dtype, dims, offset)
    }

    /// Row of one value a channel.
    pub(super) fn vector<T: Pod>(&mut self, name: &str, dtype: DType, values: &[T]) -> u16 {
        self.constant(name, dtype, &[values.len()], values, 4)
    }

    /// Adds the step of a node.
    pub(super) fn step(&mut self, node: &Node, kernel: &Kernel, inputs: &[u16], outputs: &[u16]) {
        let id = KernelId::new(kernel.opcode, kernel.dtype, kernel.numerics);
        let known = self.kernels.iter().position(|known| *known == id);
        let index = known.unwrap_or_else(|| {
            self.kernels.push(id);
            self.kernels.len() - 1
        });
        self.steps.push(LoweredStep {
            name: node.name.clone(),
            op: node.op.name(),
            kernel: index as u16,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            params: kernel.params.clone(),
            macs: kernel.macs as u64,
            weight_bytes: std::mem::take(&mut self.step_weight_bytes),
        });
    }

    fn push(&mut self, tensor: LoweredTensor) -> u16 {
        // Rows beyond what u16 can name are counted and refused by `finish`.
        self.tensors.push(tensor);
        (self.tensors.len() - 1) as u16
    }

    pub(super) fn finish(mut self, options: &Options) -> Result<Lowered, CompileError> {
        let graph = self.graph();
        // Ports have the extents of the layout asked for, which other layouts may be equal to.
        let mut port = |id: &TensorId| {
            let layout = Layout::of_port(self.shape(*id), options.io);
            self.operand(*id, &layout.memory_extents())
        };
        let inputs = graph.inputs.iter().map(&mut port).collect();
        let outputs = graph.outputs.iter().map(&mut port).collect();
        let activations = self.activations();
        let weights = self.constants.into_bytes();
        check_rows(&self.tensors)?;
        let mut owners = vec![None; self.tensors.len()];
        for ((id, _), &row) in &self.rows {
            owners[usize::from(row)] = Some(*id);
        }
        let mut lowered = Lowered {
            kernels: self.kernels,
            steps: self.steps,
            tensors: self.tensors,
            weights,
            inputs,
            outputs,
            further: Vec::new(),
            scalars: graph.scalars.clone(),
            arena_bytes: 0,
            lower_bound_bytes: 0,
            state_bytes: 0,
            initial: Vec::new(),
            buffers: Vec::new(),
            alignment: self.alignment,
            activations,
            strips: None,
        };
        let mut homes = homes(graph, &owners);
        place_states(&mut lowered, &mut homes, &owners, self.arranged);
        cut_and_fold(&mut lowered, &mut homes, options)?;
        check_rows(&lowered.tensors)?;
        assign(&mut lowered, &homes, options);
        let total = lowered.weights.len().max(lowered.arena_bytes);
        let total = total.max(lowered.state_bytes);
        if total > u32::MAX as usize / 2 {
            let message = format!("{total} bytes, a package addresses 2 GiB");
            return Err(CompileError::TooLarge(message));
        }
        Ok(lowered)
    }

    /// A row of every activation, views of another's bytes included.
    fn activations(&mut self) -> Vec<(TensorId, u16, Option<usize>)> {
        let graph = self.graph();
        let mut rows = Vec::new();
        let mut steps = 0;
        for &id in &graph.inputs {
            let dims = self.memory_extents(id);
            rows.push((id, self.activation(id, &dims), None));
        }
        for node in &graph.nodes {
            let step = if node.op.is_view() {
                let source = rows.iter().find(|(id, ..)| *id == node.inputs[0]);
                source.and_then(|&(_, _, step)| step)
            } else {
                steps += 1;
                Some(steps - 1)
            };
            for &output in &node.outputs {
                let dims = self.memory_extents(output);
                rows.push((output, self.activation(output, &dims), step));
            }
        }
        rows
    }
}

/// Refuses more rows than u16 can name.
pub(super) fn check_rows(tensors: &[LoweredTensor]) -> Result<(), CompileError> {
    if tensors.len() < usize::from(NO_TENSOR) {
        return Ok(());
    }
    let message = format!("{} tensors, a package holds 65,534", tensors.len());
    Err(CompileError::TooLarge(message))
}
