//! The corpus, in the layouts it can have, with the memory that it asks for.

use std::fs;
use std::path::PathBuf;

use cadet_format::{Header, Layout, Package};
use cadet_repack::{AlignedBytes, laid_out};
use cadet_runtime::{Memory, Session, kernels};

/// Memory of a session.
pub(crate) struct Buffers {
    arena: AlignedBytes,
    state: AlignedBytes,
    input: AlignedBytes,
    output: AlignedBytes,
}

impl Buffers {
    pub(crate) fn new(header: &Header) -> Buffers {
        let [arena, state] = [header.arena_bytes[0], header.state_bytes[0]];
        let sizes = [arena, state, header.input_bytes, header.output_bytes];
        let [arena, state, input, output] = sizes.map(|it| AlignedBytes::zeroed(it as usize));
        Buffers {
            arena,
            state,
            input,
            output,
        }
    }

    pub(crate) fn session<'p>(&mut self, package: Package<'p>) -> Session<'p, '_> {
        let memory = Memory {
            input: self.input.as_mut_slice(),
            output: self.output.as_mut_slice(),
            ..Memory::with_arena_and_state(self.arena.as_mut_slice(), self.state.as_mut_slice())
        };
        Session::new(package, memory, kernels::ALL).unwrap()
    }
}

/// A package of steps in every layout that it can have, the canonical one first.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) flashes: Vec<(Layout, AlignedBytes)>,
}

/// Every package of steps.
pub(crate) fn corpus() -> Vec<Entry> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../format/corpus");
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let canonical = AlignedBytes::copy_of(&fs::read(&path).unwrap());
        let package = Package::new(canonical.as_slice()).unwrap();
        if package.onnx().is_some() {
            continue;
        }
        let layouts = [Layout::Blocked, Layout::BlockedPairs];
        let others = layouts.into_iter().filter_map(|layout| {
            let bytes = laid_out(&package, package.target(), layout)?;
            Some((layout, bytes))
        });
        let mut flashes: Vec<(Layout, AlignedBytes)> = others.collect();
        flashes.insert(0, (Layout::Canonical, canonical));
        entries.push(Entry { path, flashes });
    }
    entries
}
