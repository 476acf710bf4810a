//! What the tests share, and a small package made by hand: fully connected int8 `[1, 8] -> [1, 4]`, then a table.

use bytemuck::{Pod, bytes_of, cast_slice};
use cadet_flash::{Board, FlashError, PackageFile};
use cadet_format::{
    DType, FullyConnectedI8, GENERATOR_LCG, GOLDEN_EXACT, Generator, GoldenHeader, HEADER_BYTES,
    Header, KernelId, MAGIC, NO_TENSOR, Numerics, Opcode, Program, ProgramKind, QuantI8, Region,
    SECTION_CRITICAL, SectionEntry, Step, Tag, TargetId, Tensor, VERSION_MAJOR, package_crc,
};
use cadet_runtime::{Memory, Session, kernels, run_golden};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const INPUTS: usize = 8;
const OUTPUTS: usize = 4;
/// The seed of the C example too.
const SEED: u32 = 1;
pub(crate) const VECTORS: usize = 3;
pub(crate) const STEPS: usize = 2;
pub(crate) const ARENA_BYTES: u32 = 48;

pub(crate) fn board() -> Board {
    let targets = Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    Board::find(&targets, "mps2-an386").unwrap()
}

/// `None`, and a word on it, where a tool is missing and not required.
pub(crate) fn unless_skipped<T>(result: Result<T, FlashError>) -> Option<Result<T, FlashError>> {
    match result {
        Err(FlashError::ToolMissing { tool })
            if std::env::var_os("CADET_REQUIRE_QEMU").is_none() =>
        {
            eprintln!("skipped: {tool} is missing");
            None
        }
        result => Some(result),
    }
}

/// Random numbers in `[-1, 1)`.
pub(crate) fn random(generator: &mut Generator, count: usize) -> Vec<f32> {
    let mut bytes = vec![0; 4 * count];
    generator.fill(DType::F32, &mut bytes);
    let (values, _) = bytes.as_chunks();
    values
        .iter()
        .map(|&value| f32::from_le_bytes(value))
        .collect()
}

/// A temporary folder with the package as a file.
pub(crate) struct OnDisk {
    folder: TempDir,
}

impl OnDisk {
    pub(crate) fn new(package: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("test.cadet"), package).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("test.cadet")
    }
}

/// The package after `change` to its header.
pub(crate) fn package(change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let unchecked = write(&[0; VECTORS * STEPS], |_| ());
    write(&golden_crcs(&unchecked), change)
}

/// The package with one golden CRC that is wrong.
pub(crate) fn package_with_wrong_crc(vector: usize, step: usize) -> Vec<u8> {
    let mut crcs = golden_crcs(&package(|_| ()));
    crcs[vector * STEPS + step] ^= 1;
    write(&crcs, |_| ())
}

/// What the scalar kernels make of the golden vectors here.
fn golden_crcs(package: &[u8]) -> Vec<u32> {
    let disk = OnDisk::new(package);
    let file = PackageFile::read(&disk.path()).unwrap();
    let package = file.package();
    let mut arena = vec![[0u64; 2]; package.header().arena_bytes[0].div_ceil(16) as usize];
    let memory = Memory::with_arena(bytemuck::cast_slice_mut(&mut arena));
    let mut session = Session::new(package, memory, kernels::ALL).unwrap();
    let golden = package.golden().unwrap();
    let mut crcs = Vec::new();
    for vector in 0..golden.vectors() {
        let mut generator = golden.generator(vector).unwrap();
        run_golden(&mut session, &mut generator, |_, _, crc| {
            crcs.push(crc);
            Ok(())
        })
        .unwrap();
    }
    crcs
}

fn write(crcs: &[u32], change: impl FnOnce(&mut Header)) -> Vec<u8> {
    let kernels = [
        KernelId::new(Opcode::FullyConnected, DType::I8, Numerics::Onnx),
        KernelId::new(Opcode::Table, DType::I8, Numerics::None),
    ];
    let weights: Vec<i8> = (0..INPUTS * OUTPUTS)
        .map(|i| (i * 37 % 255) as i8)
        .collect();
    let multipliers = [0.002f32, 0.003, 0.004, 0.005];
    let table: Vec<i8> = (0..256).map(|i| (i * i / 257) as i8).collect();
    let weights_region = [
        cast_slice(&weights),
        cast_slice(&multipliers),
        cast_slice(&table),
    ]
    .concat();

    let arena = Region::Arena(0).code();
    let constants = Region::Weights(0).code();
    let tensor = |region, dtype: DType, offset, bytes, first_dim, rank| Tensor {
        region,
        dtype: dtype as u8,
        rank,
        offset,
        bytes,
        first_dim,
        ..bytemuck::Zeroable::zeroed()
    };
    let dims = [
        1,
        INPUTS as u32,
        1,
        OUTPUTS as u32,
        OUTPUTS as u32,
        INPUTS as u32,
        OUTPUTS as u32,
        256,
    ];
    let tensors = [
        Tensor {
            scale: 0.5,
            zero_point: 3,
            ..tensor(arena, DType::I8, 0, 8, 0, 2)
        },
        tensor(arena, DType::I8, 16, 4, 2, 2),
        Tensor {
            scale: 0.25,
            ..tensor(arena, DType::I8, 32, 4, 2, 2)
        },
        tensor(constants, DType::I8, 0, 32, 4, 2),
        tensor(constants, DType::F32, 32, 16, 6, 1),
        tensor(constants, DType::I8, 48, 256, 7, 1),
    ];
    let operands = [0, 3, NO_TENSOR, 4, NO_TENSOR, 1, 1, 5, 2, 0, 2, 0u16];
    let params = FullyConnectedI8 {
        quant: QuantI8 {
            input_zero_point: 3,
            output_zero_point: -5,
            min: -128,
            max: 127,
        },
    };
    let steps = [
        Step {
            kernel: 0,
            input_count: 5,
            output_count: 1,
            first_operand: 0,
            params_offset: 0,
            params_bytes: size_of::<FullyConnectedI8>() as u32,
        },
        Step {
            kernel: 1,
            input_count: 2,
            output_count: 1,
            first_operand: 6,
            params_offset: 0,
            params_bytes: 0,
        },
    ];
    let programs = [Program {
        first_step: 0,
        step_count: STEPS as u32,
        first_input: 9,
        first_output: 10,
        input_count: 1,
        output_count: 1,
        kind: ProgramKind::Main as u32,
    }];
    let golden = GoldenHeader {
        generator: GENERATOR_LCG,
        flags: GOLDEN_EXACT,
        vectors: VECTORS as u32,
        seed: SEED,
        steps: STEPS as u32,
    };
    let sections: [(Tag, u32, Vec<u8>); 8] = [
        (Tag::weights(0), SECTION_CRITICAL, weights_region),
        (Tag::PROGRAMS, SECTION_CRITICAL, bytes(&programs)),
        (Tag::STEPS, SECTION_CRITICAL, bytes(&steps)),
        (Tag::OPERANDS, SECTION_CRITICAL, bytes(&operands)),
        (Tag::TENSORS, SECTION_CRITICAL, bytes(&tensors)),
        (Tag::DIMS, SECTION_CRITICAL, bytes(&dims)),
        (Tag::PARAMS, SECTION_CRITICAL, bytes_of(&params).to_vec()),
        (
            Tag::GOLDEN,
            0,
            [bytes_of(&golden), cast_slice(crcs)].concat(),
        ),
    ];

    let mut directory = Vec::new();
    let mut body = Vec::new();
    let body_start = (HEADER_BYTES + kernels.len() * 8 + sections.len() * 16).next_multiple_of(16);
    for (tag, flags, section) in sections {
        let offset = (body_start + body.len()) as u32;
        directory.push(SectionEntry {
            tag,
            flags,
            offset,
            bytes: section.len() as u32,
        });
        body.extend(section);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    let mut header = Header {
        magic: MAGIC,
        major: VERSION_MAJOR,
        length: (body_start + body.len()) as u32,
        target: TargetId::Any as u16,
        base_alignment: 16,
        arena_bytes: [ARENA_BYTES, 0, 0, 0],
        kernel_count: kernels.len() as u32,
        section_count: directory.len() as u32,
        ..bytemuck::Zeroable::zeroed()
    };
    change(&mut header);
    let mut package = [
        bytes_of(&header),
        cast_slice(&kernels),
        cast_slice(&directory),
    ]
    .concat();
    package.resize(body_start, 0);
    package.extend(body);
    let crc = package_crc(&package).unwrap();
    package[124..128].copy_from_slice(&crc.to_le_bytes());
    package
}

fn bytes<T: Pod>(rows: &[T]) -> Vec<u8> {
    cast_slice(rows).to_vec()
}
