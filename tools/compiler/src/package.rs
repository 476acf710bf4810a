//! Writes packages, as `runtime/format/SPEC.md` lays them down.

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable, cast_slice};
use cadet_format::{Header, Program, Region, SECTION_CRITICAL, Step, Tag, TargetId, Tensor};

use cadet_repack::{Section, assemble};

use crate::lower::{Lowered, Place};

/// Whom a package is for and what it was made from.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) target: TargetId,
    /// Board id, 0 for any.
    pub(crate) board: u32,
    pub(crate) security_version: u32,
    /// First bytes of the source model's SHA-256.
    pub(crate) model_id: [u8; 16],
}

impl Identity {
    /// The header of such a package, without what depends on its content.
    pub(crate) fn header(&self, alignment: usize) -> Header {
        Header {
            target: self.target as u16,
            base_alignment: alignment as u16,
            board: self.board,
            security_version: self.security_version,
            model_id: self.model_id,
            ..Header::zeroed()
        }
    }

    /// Of a package that never leaves the compiler.
    pub(crate) fn scratch() -> Identity {
        Identity {
            target: TargetId::Any,
            board: 0,
            security_version: 0,
            model_id: [0; 16],
        }
    }
}

/// The package of a lowered model; `manifest`, `golden` and `tokenizer` are the bytes of their sections.
pub(crate) fn write(
    lowered: &Lowered,
    identity: &Identity,
    manifest: &[u8],
    golden: Option<&[u8]>,
    tokenizer: Option<&[u8]>,
) -> Vec<u8> {
    let tables = Tables::new(lowered);
    let mut sections = tables.sections();
    sections.push((Tag::weights(0), SECTION_CRITICAL, &lowered.weights));
    if !lowered.initial.is_empty() {
        sections.push((Tag::INITIAL, SECTION_CRITICAL, cast_slice(&lowered.initial)));
    }
    if !lowered.scalars.is_empty() {
        sections.push((Tag::SCALARS, SECTION_CRITICAL, cast_slice(&lowered.scalars)));
    }
    if let Some(golden) = golden {
        sections.push((Tag::GOLDEN, 0, golden));
    }
    if let Some(tokenizer) = tokenizer {
        sections.push((Tag::TOKENIZER, 0, tokenizer));
    }
    sections.push((Tag::MANIFEST, 0, manifest));
    let header = Header {
        arena_bytes: [lowered.arena_bytes as u32, 0, 0, 0],
        state_bytes: [lowered.state_bytes as u32, 0, 0, 0],
        input_bytes: input_bytes(lowered) as u32,
        ..identity.header(lowered.alignment)
    };
    assemble(header, &lowered.kernels, &sections)
}

/// Bytes of the caller's input.
fn input_bytes(lowered: &Lowered) -> usize {
    let ends = lowered
        .tensors
        .iter()
        .filter_map(|tensor| match tensor.place {
            Place::Input(offset) => Some(offset + tensor.bytes()),
            _ => None,
        });
    ends.max().unwrap_or(0)
}

/// The plan's tables.
pub(crate) struct Tables {
    pub(crate) programs: Vec<Program>,
    pub(crate) steps: Vec<Step>,
    pub(crate) operands: Vec<u16>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) dims: Vec<u32>,
    pub(crate) params: Vec<u8>,
}

impl Tables {
    pub(crate) fn sections(&self) -> Vec<Section<'_>> {
        vec![
            (Tag::PROGRAMS, SECTION_CRITICAL, cast_slice(&self.programs)),
            (Tag::STEPS, SECTION_CRITICAL, cast_slice(&self.steps)),
            (Tag::OPERANDS, SECTION_CRITICAL, cast_slice(&self.operands)),
            (Tag::TENSORS, SECTION_CRITICAL, cast_slice(&self.tensors)),
            (Tag::DIMS, SECTION_CRITICAL, cast_slice(&self.dims)),
            (Tag::PARAMS, SECTION_CRITICAL, &self.params),
        ]
    }

    fn new(lowered: &Lowered) -> Tables {
        let mut operands = Vec::new();
        let mut params = Shared::default();
        let mut steps = Vec::with_capacity(lowered.steps.len());
        for step in &lowered.steps {
            steps.push(Step {
                kernel: step.kernel,
                input_count: step.inputs.len() as u8,
                output_count: step.outputs.len() as u8,
                first_operand: operands.len() as u32,
                params_offset: params.add(&step.params),
                params_bytes: step.params.len() as u32,
            });
            operands.extend_from_slice(&step.inputs);
            operands.extend_from_slice(&step.outputs);
        }
        let mut first_step = 0;
        let programs = lowered.programs().into_iter().map(|it| {
            let program = Program {
                first_step,
                step_count: it.step_count as u32,
                first_input: operands.len() as u32,
                first_output: (operands.len() + it.inputs.len()) as u32,
                input_count: it.inputs.len() as u16,
                output_count: it.outputs.len() as u16,
                kind: it.kind as u32,
            };
            first_step += program.step_count;
            operands.extend_from_slice(&it.inputs);
            operands.extend_from_slice(&it.outputs);
            program
        });
        let programs = programs.collect();

        let mut dims = Shared::default();
        let tensors = lowered.tensors.iter().map(|tensor| {
            let extents: Vec<u32> = tensor.dims.iter().map(|&extent| extent as u32).collect();
            let (region, offset) = match tensor.place {
                Place::Arena(offset) => (Region::Arena(0), offset),
                Place::State(offset) => (Region::State(0), offset),
                Place::Weights(offset) => (Region::Weights(0), offset),
                Place::Input(offset) => (Region::Input, offset),
            };
            Tensor {
                region: region.code(),
                dtype: tensor.dtype as u8,
                rank: extents.len() as u8,
                reserved: 0,
                offset: offset as u32,
                bytes: tensor.bytes() as u32,
                first_dim: dims.add(&extents),
                scale: tensor.scale,
                zero_point: tensor.zero_point,
                reserved2: 0,
            }
        });
        Tables {
            programs,
            steps,
            operands,
            tensors: tensors.collect(),
            dims: dims.items,
            params: params.items,
        }
    }
}

/// A list in which equal runs are kept once.
struct Shared<T> {
    items: Vec<T>,
    known: HashMap<Vec<T>, u32>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared {
            items: Vec::new(),
            known: HashMap::new(),
        }
    }
}

impl<T: Pod + Eq + std::hash::Hash> Shared<T> {
    /// Index of the run's first item.
    fn add(&mut self, run: &[T]) -> u32 {
        if let Some(&start) = self.known.get(run) {
            return start;
        }
        let start = self.items.len() as u32;
        self.items.extend_from_slice(run);
        self.known.insert(run.to_vec(), start);
        start
    }
}
