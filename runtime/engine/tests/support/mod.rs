//! Writes packages of one step.

use bytemuck::{Zeroable, bytes_of, cast_slice};
use cadet_format::{
    DType, HEADER_BYTES, Header, KernelId, MAGIC, NO_TENSOR, Program, Region, SECTION_CRITICAL,
    SectionEntry, Step, Tag, Tensor, VERSION_MAJOR, package_crc,
};

/// Of the package, the arena and the weights.
const ALIGNMENT: usize = 64;

/// An operand of the step.
#[derive(Clone, Debug)]
pub(crate) struct Operand {
    pub(crate) region: Region,
    pub(crate) dtype: DType,
    pub(crate) dims: Vec<u32>,
    /// In bytes within its region.
    pub(crate) offset: u32,
}

/// A package with one program of one step over one arena and one weight region. Operands that are `None` are
/// not given; the last `outputs` are the step's outputs. The program's inputs and outputs are those of the step
/// in the arena.
pub(crate) fn one_step(
    kernel: KernelId,
    params: &[u8],
    operands: &[Option<Operand>],
    outputs: usize,
    arena_bytes: u32,
    weights: &[u8],
) -> Vec<u8> {
    let (mut tensors, mut dims, mut indices) = (Vec::new(), Vec::new(), Vec::new());
    for operand in operands {
        let Some(operand) = operand else {
            indices.push(NO_TENSOR);
            continue;
        };
        let elements = operand
            .dims
            .iter()
            .fold(1u32, |n, &dim| n.wrapping_mul(dim));
        indices.push(tensors.len() as u16);
        tensors.push(Tensor {
            region: operand.region.code(),
            dtype: operand.dtype as u8,
            rank: operand.dims.len() as u8,
            offset: operand.offset,
            bytes: operand.dtype.bytes(elements).unwrap_or(0),
            first_dim: dims.len() as u32,
            ..Tensor::zeroed()
        });
        dims.extend_from_slice(&operand.dims);
    }
    let inputs = operands.len() - outputs;
    let in_arena = |range: std::ops::Range<usize>| {
        let given = range.filter(|&i| {
            let operand = operands[i].as_ref();
            operand.is_some_and(|operand| operand.region == Region::Arena(0))
        });
        given.map(|i| indices[i]).collect::<Vec<u16>>()
    };
    let ports = [in_arena(0..inputs), in_arena(inputs..operands.len())];
    let step = Step {
        kernel: 0,
        input_count: inputs as u8,
        output_count: outputs as u8,
        first_operand: 0,
        params_offset: 0,
        params_bytes: params.len() as u32,
    };
    let program = Program {
        first_step: 0,
        step_count: 1,
        first_input: indices.len() as u32,
        first_output: (indices.len() + ports[0].len()) as u32,
        input_count: ports[0].len() as u16,
        output_count: ports[1].len() as u16,
        kind: 0,
    };
    indices.extend(ports.iter().flatten());
    let sections: [(Tag, &[u8]); 7] = [
        (Tag::PROGRAMS, bytes_of(&program)),
        (Tag::STEPS, bytes_of(&step)),
        (Tag::OPERANDS, cast_slice(&indices)),
        (Tag::TENSORS, cast_slice(&tensors)),
        (Tag::DIMS, cast_slice(&dims)),
        (Tag::PARAMS, params),
        (Tag::weights(0), weights),
    ];
    let mut bytes = vec![0; HEADER_BYTES];
    bytes.extend_from_slice(bytes_of(&kernel));
    let (directory, section_count) = (bytes.len(), sections.len());
    bytes.resize(
        directory + size_of_val(&sections) / size_of::<(Tag, &[u8])>() * 16,
        0,
    );
    for (i, (tag, content)) in sections.into_iter().enumerate() {
        let offset = bytes.len().next_multiple_of(ALIGNMENT);
        bytes.resize(offset, 0);
        bytes.extend_from_slice(content);
        let entry = SectionEntry {
            tag,
            flags: SECTION_CRITICAL,
            offset: offset as u32,
            bytes: content.len() as u32,
        };
        bytes[directory + i * 16..][..16].copy_from_slice(bytes_of(&entry));
    }
    let header = Header {
        magic: MAGIC,
        major: VERSION_MAJOR,
        length: bytes.len() as u32,
        base_alignment: ALIGNMENT as u16,
        arena_bytes: [arena_bytes, 0, 0, 0],
        kernel_count: 1,
        section_count: section_count as u32,
        ..Header::zeroed()
    };
    bytes[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
    let crc = package_crc(&bytes).unwrap();
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    bytes
}
