//! Packages of the node tests with damaged plans but right checksums: the engine may refuse them or compute
//! nonsense, but it neither panics nor leaves its memory, nor takes long.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use cadet_compiler::{Compiled, Options, Weights};
use cadet_decoder::{DecoderConfig, DecoderWeights, Family, Pairing, Rope, export};
use cadet_format::{Generator, HEADER_BYTES, KernelId, Opcode, Package, Tag, package_crc};
use cadet_runtime::{Memory, Session, kernels, run_golden};
use proptest::prelude::*;
use proptest::sample::Index;
use rayon::prelude::*;

use super::engine::compile_with;
use super::node_test::{Archive, NodeTest};
use super::{ARCHIVE, EDGE_SET, edge_set, panics};

/// Longer packages are mostly weights.
const MAX_PACKAGE_BYTES: usize = 16 * 1024;
const ARENA_BYTES: usize = 16 * 1024;
const STATE_BYTES: usize = 4 * 1024;
/// Most opcodes that no package has: some come only of larger models or other options.
const MAX_MISSING: usize = 8;

#[repr(align(64))]
struct Aligned<const N: usize>([u8; N]);

/// A package, and where its plan lies.
#[derive(Clone)]
struct Target {
    package: Vec<u8>,
    plan: Vec<Range<usize>>,
}

impl Target {
    fn new(package: Vec<u8>) -> Target {
        let parts = with_package(&package, |package| {
            let sections = package.unwrap().sections().iter();
            let sections = sections.map(|it| (it.tag, it.offset as usize, it.bytes as usize));
            sections.collect::<Vec<_>>()
        });
        let is_plan = |tag: Tag| {
            let weights = (0..8).map(Tag::weights);
            !weights
                .chain([Tag::MANIFEST, Tag::GOLDEN])
                .any(|it| it == tag)
        };
        let sections = parts.iter().filter(|(tag, ..)| is_plan(*tag));
        let sections = sections.map(|&(_, offset, bytes)| offset..offset + bytes);
        // All between magic, version and length and the first section: header, kernels and directory.
        let first = parts.iter().map(|&(_, offset, _)| offset).min();
        let head = 16..first.unwrap_or(HEADER_BYTES);
        Target {
            plan: std::iter::once(head).chain(sections).collect(),
            package,
        }
    }

    fn damage(&self, changes: &[(Index, u8)]) -> Vec<u8> {
        let mut bytes = self.package.clone();
        let places = self.plan.iter().cloned().flatten().collect::<Vec<_>>();
        for (at, value) in changes {
            bytes[*at.get(&places)] = *value;
        }
        let crc = package_crc(&bytes).unwrap();
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        bytes
    }
}

fn with_package<R>(
    bytes: &[u8],
    run: impl FnOnce(Result<Package<'_>, cadet_format::Error>) -> R,
) -> R {
    let mut flash = Box::new(Aligned([0; MAX_PACKAGE_BYTES]));
    flash.0[..bytes.len()].copy_from_slice(bytes);
    run(Package::new(&flash.0[..bytes.len()]))
}

/// Packages of node tests, in their own types and in int8: each has a kernel that those before it lack.
fn targets() -> Option<Vec<Target>> {
    let archive = Archive::read(&crate::support::data(ARCHIVE)?).unwrap();
    let rows = edge_set::rows(EDGE_SET);
    let rows: Vec<_> = rows.iter().filter(|it| it.left_out.is_none()).collect();
    let packages = rows.into_par_iter().flat_map_iter(|row| {
        let test = NodeTest::new(&archive, row);
        let compiled = panics::catch(|| compile(&test)).unwrap_or_default();
        compiled.into_iter().map(|compiled| compiled.package)
    });
    let packages: Vec<Vec<u8>> = packages
        .chain(decoders())
        .filter(|package| package.len() <= MAX_PACKAGE_BYTES)
        .collect();
    let mut seen = BTreeSet::new();
    let mut targets = Vec::new();
    for package in packages {
        let kernels = with_package(&package, |it| it.unwrap().kernels().to_vec());
        let count = seen.len();
        seen.extend(kernels.iter().map(key));
        if seen.len() > count {
            targets.push(Target::new(package));
        }
    }
    let missing: BTreeSet<u16> = kernels::ALL
        .iter()
        .map(|kernel| kernel.id.opcode)
        .filter(|&opcode| seen.iter().all(|it| it.0 != opcode))
        .collect();
    let missing: Vec<_> = missing.into_iter().filter_map(Opcode::from_u16).collect();
    assert!(missing.len() <= MAX_MISSING, "no test has {missing:?}");
    Some(targets)
}

/// Packages of a small language model, which have what no node test has.
fn decoders() -> Vec<Vec<u8>> {
    let config = DecoderConfig {
        family: Family::Llama,
        dim: 8,
        layers: 1,
        heads: 2,
        kv_heads: 1,
        head_size: 4,
        hidden: 12,
        vocab: 20,
        context: 16,
        rope: Rope {
            theta: 10_000.0,
            pairing: Pairing::Halves,
            scaling: None,
        },
        rms_epsilon: 1e-5,
        is_tied: true,
        bos: None,
        eos: Vec::new(),
    };
    let onnx = export(&DecoderWeights::random(config, 1).unwrap()).unwrap();
    let packages = [Weights::F32, Weights::Int8Groups, Weights::Int4Groups].map(|weights| {
        let options = Options {
            weights,
            ..Options::float()
        };
        cadet_compiler::compile(&onnx, &options).unwrap().package
    });
    packages.into()
}

fn compile(test: &NodeTest) -> Vec<Compiled> {
    let sample = test.inputs.iter().flat_map(|(_, value)| value.floats());
    let options = [Options::float(), Options::int8(vec![sample.collect()])];
    let compiled = options.map(|options| compile_with(test, options));
    compiled.into_iter().flatten().collect()
}

fn key(id: &KernelId) -> (u16, u8, u8) {
    (id.opcode, id.dtype, id.numerics)
}

/// Runs a package in an arena that it must not leave.
fn run(bytes: &[u8]) {
    let start = Instant::now();
    let mut arena = Box::new(Aligned([0xA5; ARENA_BYTES]));
    let mut state = Box::new(Aligned([0; STATE_BYTES]));
    let promised = with_package(bytes, |package| {
        let package = package.ok()?;
        let memory = Memory::with_arena_and_state(&mut arena.0, &mut state.0);
        let mut session = Session::new(package, memory, kernels::ALL).ok()?;
        let _ = run_golden(&mut session, &mut Generator::new(1), |_, _, _| Ok(()));
        // Whatever steps before them say: noise is no index, and late in a context is not at its start.
        let _ = session.set_scalar(0, 14);
        for program in 0..package.programs().len().min(4) {
            let steps = package.steps(program).unwrap_or_default().len();
            for step in 0..steps.min(100) {
                let _ = session.step(program, step);
            }
        }
        Some(package.header().arena_bytes[0] as usize)
    });
    assert!(start.elapsed() < Duration::from_secs(2), "it takes long");
    if let Some(promised) = promised {
        let behind = &arena.0[promised..];
        assert!(
            behind.iter().all(|&byte| byte == 0xA5),
            "wrote behind its arena"
        );
    }
}

/// `cargo xtask test --full` tries many more.
fn cases() -> u32 {
    match std::env::var_os("CADET_FULL") {
        Some(_) => 1 << 22,
        None => 1 << 16,
    }
}

#[test]
fn no_damaged_plan_makes_the_engine_panic() {
    let Some(targets) = targets() else {
        return;
    };
    let change = (any::<Index>(), any::<u8>());
    let damaged = (0..targets.len(), prop::collection::vec(change, 1..5));
    proptest!(ProptestConfig::with_cases(cases()), |((target, changes) in damaged)| {
        run(&targets[target].damage(&changes));
    });
}
