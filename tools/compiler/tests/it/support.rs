//! What the integration tests share.

use std::path::{Path, PathBuf};
use std::process::Command;

use cadet_compiler::{Compiled, TensorReport};
use cadet_kernels::Isa;
use cadet_repack::{AlignedBytes, laid_out, layout};
use cadet_runtime::{Memory, Package, Session, kernels};

/// A file of the test data; `None`, with a message, where it is missing.
pub(crate) fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CADET_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {} (set CADET_DATA)", path.display());
    None
}

/// Python with `onnx` and `onnxruntime`; `None`, with a message, where there is none.
pub(crate) fn python() -> Option<PathBuf> {
    let python = std::env::var_os("CADET_PYTHON").unwrap_or_else(|| "python3".into());
    let check = ["-c", "import numpy, onnx, onnxruntime"];
    let found = Command::new(&python).args(check).output();
    if found.is_ok_and(|output| output.status.success()) {
        return Some(python.into());
    }
    let is_required = std::env::var_os("CADET_REQUIRE_PYTHON").is_some_and(|value| value == "1");
    let message = format!("{python:?} has no onnx and onnxruntime (set CADET_PYTHON)");
    assert!(!is_required, "{message}");
    println!("skipped: {message}");
    None
}

/// A small generator of numbers, the same on every machine.
pub(crate) struct Generator(u64);

impl Generator {
    pub(crate) fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    /// Uniform in `[0, 1)`; splitmix64 (Steele and others, 2014).
    pub(crate) fn uniform(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32
    }

    /// Nearly normal with mean 0 and deviation 1 (the sum of twelve uniform numbers).
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.uniform()).sum::<f32>() - 6.0
    }
}

/// A package with memory to run in.
pub(crate) struct Machine<'a> {
    compiled: &'a Compiled,
    isa: Isa,
    package: AlignedBytes,
    arena: AlignedBytes,
    state: AlignedBytes,
}

impl<'a> Machine<'a> {
    /// With the kernels of every processor.
    pub(crate) fn new(compiled: &'a Compiled) -> Machine<'a> {
        Machine::with_isa(compiled, Isa::Baseline)
    }

    /// With the kernels for some instructions, and weights laid out for them.
    pub(crate) fn with_isa(compiled: &'a Compiled, isa: Isa) -> Machine<'a> {
        let bytes = AlignedBytes::copy_of(&compiled.package);
        let package = Package::new(bytes.as_slice()).unwrap();
        let own = match isa {
            Isa::Baseline => None,
            isa => laid_out(&package, package.target(), layout(isa)),
        };
        Machine {
            compiled,
            isa,
            package: own.unwrap_or(bytes),
            arena: AlignedBytes::zeroed(compiled.report.arena_bytes),
            state: AlignedBytes::zeroed(compiled.report.state_bytes),
        }
    }

    pub(crate) fn with_session<R>(&mut self, run: impl FnOnce(&mut Session<'_, '_>) -> R) -> R {
        let package = Package::new(self.package.as_slice()).unwrap();
        let (arena, state) = (self.arena.as_mut_slice(), self.state.as_mut_slice());
        let memory = Memory::with_arena_and_state(arena, state);
        let mut session = Session::new(package, memory, kernels::ALL).unwrap();
        session.set_isa(self.isa);
        run(&mut session)
    }

    /// Runs a float model and gives every tensor in ONNX order.
    pub(crate) fn observe(&mut self, input: &[f32]) -> Vec<(&'a TensorReport, Vec<f32>)> {
        let report = &self.compiled.report;
        self.with_session(|session| {
            session.write_input(0, 0, input).unwrap();
            let mut seen = Vec::new();
            for step in std::iter::once(None).chain((0..report.steps.len()).map(Some)) {
                if let Some(step) = step {
                    session.step(0, step).unwrap();
                }
                for tensor in report.tensors.iter().filter(|tensor| tensor.step == step) {
                    let memory: &[f32] =
                        bytemuck::cast_slice(session.tensor(tensor.tensor).unwrap());
                    seen.push((tensor, tensor.to_onnx_order(memory)));
                }
            }
            seen
        })
    }
}
