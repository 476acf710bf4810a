//! Packages of one step: any kernel, with operands and parameters as some bytes say. Most break the kernel's
//! contract, some do not; all are well formed.

use bytemuck::{Zeroable, bytes_of, cast_slice};
use cadet_format::{
    DType, HEADER_BYTES, Header, KernelId, MAGIC, NO_TENSOR, Program, Region, SECTION_CRITICAL,
    SectionEntry, Step, Tag, Tensor, VERSION_MAJOR, package_crc,
};
use cadet_runtime::kernels;

pub(crate) const ARENA_BYTES: usize = 4096;
const WEIGHT_BYTES: usize = 2048;
/// Of one tensor, so that no step takes long.
const MAX_ELEMENTS: u32 = 256;

/// The bytes that decide, and zeros behind them.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(u16::from_le_bytes([self.byte(), self.byte()])) % limit
    }

    /// Mostly small integers, some floats, some of any value.
    fn word(&mut self) -> [u8; 4] {
        match self.byte() {
            kind @ 0..192 => i32::from(kind as i8 % 16).to_le_bytes(),
            192..224 => (f32::from(self.byte() as i8) / 16.0).to_le_bytes(),
            _ => [self.byte(), self.byte(), self.byte(), self.byte()],
        }
    }
}

/// Tables under construction.
#[derive(Default)]
struct Tables {
    operands: Vec<u16>,
    tensors: Vec<Tensor>,
    dims: Vec<u32>,
}

impl Tables {
    /// First extent and rank: those of the operand before, or new ones.
    fn shape(&mut self, choices: &mut Choices<'_>) -> (u32, u8) {
        let kind = choices.byte();
        if let (Some(last), 0..128) = (self.tensors.last(), kind) {
            return (last.first_dim, last.rank);
        }
        let first_dim = self.dims.len() as u32;
        let rank = kind % 6;
        let mut elements = 1;
        for _ in 0..rank {
            let extent = u32::from(choices.byte() % 9);
            let fits = elements * extent <= MAX_ELEMENTS;
            let extent = if fits { extent } else { 1 };
            elements *= extent;
            self.dims.push(extent);
        }
        (first_dim, rank)
    }

    fn is_last_in_arena(&self) -> bool {
        let row = self.operands.last().copied().unwrap_or(NO_TENSOR);
        let tensor = self.tensors.get(usize::from(row));
        tensor.is_some_and(|it| it.region == Region::Arena(0).code())
    }

    fn operand(&mut self, choices: &mut Choices<'_>, main: DType, is_output: bool) {
        let kind = choices.byte();
        if kind & 6 == 6 && is_output && self.is_last_in_arena() {
            // In place.
            self.operands.extend(self.operands.last().copied());
            return;
        }
        if kind & 7 == 7 && !is_output {
            self.operands.push(NO_TENSOR);
            return;
        }
        let dtype = match kind >> 3 & 7 {
            0 => DType::I64,
            1 => DType::I32,
            2 => DType::from_u8(choices.byte() % 11).unwrap_or(main),
            _ => main,
        };
        let (first_dim, rank) = self.shape(choices);
        let elements = self.dims[first_dim as usize..]
            .iter()
            .take(rank.into())
            .product();
        let is_constant = kind & 1 == 1 && !is_output;
        let bytes = dtype.bytes(elements).unwrap_or(0);
        let room = if is_constant {
            WEIGHT_BYTES
        } else {
            ARENA_BYTES
        } - bytes as usize;
        self.operands.push(self.tensors.len() as u16);
        self.tensors.push(Tensor {
            region: if is_constant {
                Region::Weights(0)
            } else {
                Region::Arena(0)
            }
            .code(),
            dtype: dtype as u8,
            rank,
            offset: (choices.below(room + 1) / 8 * 8) as u32,
            bytes,
            first_dim,
            scale: if kind & 64 == 64 { 0.05 } else { 0.0 },
            zero_point: (choices.byte() as i8).into(),
            ..Tensor::zeroed()
        });
    }
}

/// A package whose step has a parameter block of so many words.
pub(crate) fn package(choices: &[u8], words: usize) -> Vec<u8> {
    let choices = &mut Choices(choices.iter());
    let kernel = kernels::ALL[choices.below(kernels::ALL.len())].id;
    let main = DType::from_u8(kernel.dtype).unwrap();
    let (input_count, output_count) = (choices.byte() % 9, 1 + choices.byte() % 4);
    let mut tables = Tables::default();
    for operand in 0..input_count + output_count {
        tables.operand(choices, main, operand >= input_count);
    }
    let params: Vec<u8> = (0..words).flat_map(|_| choices.word()).collect();
    let step = Step {
        kernel: 0,
        input_count,
        output_count,
        first_operand: 0,
        params_offset: 0,
        params_bytes: params.len() as u32,
    };
    let program = Program {
        step_count: 1,
        ..Program::zeroed()
    };
    let weights: Vec<u8> = (0..WEIGHT_BYTES).map(|_| choices.byte()).collect();
    write(
        kernel,
        &[
            (Tag::PROGRAMS, bytes_of(&program)),
            (Tag::STEPS, bytes_of(&step)),
            (Tag::OPERANDS, cast_slice(&tables.operands)),
            (Tag::TENSORS, cast_slice(&tables.tensors)),
            (Tag::DIMS, cast_slice(&tables.dims)),
            (Tag::PARAMS, &params),
            (Tag::weights(0), &weights),
        ],
    )
}

fn write(kernel: KernelId, sections: &[(Tag, &[u8])]) -> Vec<u8> {
    let directory_start = HEADER_BYTES + size_of::<KernelId>();
    let directory_bytes = size_of::<SectionEntry>() * sections.len();
    let mut bytes = vec![0; directory_start + directory_bytes];
    let mut directory = Vec::new();
    for &(tag, content) in sections {
        bytes.resize(bytes.len().next_multiple_of(16), 0);
        directory.push(SectionEntry {
            tag,
            flags: SECTION_CRITICAL,
            offset: bytes.len() as u32,
            bytes: content.len() as u32,
        });
        bytes.extend_from_slice(content);
    }
    let mut header = Header {
        magic: MAGIC,
        major: VERSION_MAJOR,
        length: bytes.len() as u32,
        base_alignment: 16,
        arena_bytes: [ARENA_BYTES as u32, 0, 0, 0],
        kernel_count: 1,
        section_count: directory.len() as u32,
        ..Header::zeroed()
    };
    bytes[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
    bytes[HEADER_BYTES..directory_start].copy_from_slice(bytes_of(&kernel));
    bytes[directory_start..][..directory_bytes].copy_from_slice(cast_slice(&directory));
    header.crc = package_crc(&bytes).unwrap();
    bytes[..HEADER_BYTES].copy_from_slice(bytes_of(&header));
    bytes
}
