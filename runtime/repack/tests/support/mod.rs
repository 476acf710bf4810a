//! The corpus, in the layouts it can have, with the memory that it asks for.

use std::fs;
use std::path::PathBuf;

use cadet_format::{Header, Layout, Package};
use cadet_repack::laid_out;
use cadet_runtime::{Memory, Session, kernels};

/// Bytes at a multiple of 64, the strictest alignment that packages ask for.
pub(crate) struct Aligned {
    buffer: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    pub(crate) fn zeroed(length: usize) -> Aligned {
        let buffer = vec![0; length + 64];
        let start = buffer.as_ptr().align_offset(64);
        Aligned {
            buffer,
            start,
            length,
        }
    }

    pub(crate) fn of(bytes: &[u8]) -> Aligned {
        let mut aligned = Aligned::zeroed(bytes.len());
        aligned.bytes_mut().copy_from_slice(bytes);
        aligned
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..][..self.length]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.buffer[self.start..][..self.length]
    }
}

/// Memory of a session.
pub(crate) struct Buffers {
    arena: Aligned,
    state: Aligned,
    input: Aligned,
    output: Aligned,
}

impl Buffers {
    pub(crate) fn new(header: &Header) -> Buffers {
        let [arena, state] = [header.arena_bytes[0], header.state_bytes[0]];
        let sizes = [arena, state, header.input_bytes, header.output_bytes];
        let [arena, state, input, output] = sizes.map(|it| Aligned::zeroed(it as usize));
        Buffers {
            arena,
            state,
            input,
            output,
        }
    }

    pub(crate) fn session<'p>(&mut self, package: Package<'p>) -> Session<'p, '_> {
        let memory = Memory {
            input: self.input.bytes_mut(),
            output: self.output.bytes_mut(),
            ..Memory::with_arena_and_state(self.arena.bytes_mut(), self.state.bytes_mut())
        };
        Session::new(package, memory, kernels::ALL).unwrap()
    }
}

/// A package of steps in every layout that it can have, the canonical one first.
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) flashes: Vec<(Layout, Aligned)>,
}

/// Every package of steps.
pub(crate) fn corpus() -> Vec<Entry> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../format/corpus");
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let canonical = Aligned::of(&fs::read(&path).unwrap());
        let package = Package::new(canonical.bytes()).unwrap();
        if package.onnx().is_some() {
            continue;
        }
        let layouts = [Layout::Blocked, Layout::BlockedPairs];
        let others = layouts.into_iter().filter_map(|layout| {
            let bytes = laid_out(&package, package.target(), layout)?;
            Some((layout, Aligned::of(&bytes)))
        });
        let mut flashes: Vec<(Layout, Aligned)> = others.collect();
        flashes.insert(0, (Layout::Canonical, canonical));
        entries.push(Entry { path, flashes });
    }
    entries
}
