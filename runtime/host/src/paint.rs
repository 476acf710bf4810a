//! Measures what a package really touches, without asking it.

use cadet_format::protocol::MemoryUse;
use cadet_format::{Generator, MAX_MEMORY_REGIONS, Package};
use cadet_runtime::{Error, Memory, Session, kernels, run_golden};

use crate::AlignedBytes;

/// Bytes of paint on each side of a buffer.
const GUARD_BYTES: usize = 256;
/// Two patterns that differ in every bit, so that a byte cannot be overwritten by its own paint twice.
const PATTERNS: [u8; 2] = [0xA5, 0x5A];

/// What a package was seen to touch on this host, all regions of a kind together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeasuredMemory {
    /// The arenas.
    pub arena: MemoryUse,
    /// The states.
    pub state: MemoryUse,
}

/// Runs all programs of `package` on generated inputs in painted memory, once for each pattern.
///
/// # Errors
/// Those of [`Session::new`] and [`Session::run`].
pub fn measure_memory(package: &Package<'_>) -> Result<MeasuredMemory, Error> {
    let header = package.header();
    let golden = package.golden().and_then(|golden| golden.generator(0));
    let generator = golden.unwrap_or(Generator::new(1));
    let (mut arena, mut state) = (Seen::default(), Seen::default());
    for pattern in PATTERNS {
        let mut arenas = header.arena_bytes.map(|bytes| Painted::new(bytes, pattern));
        let mut states = header.state_bytes.map(|bytes| Painted::new(bytes, pattern));
        let (mut input, mut output) = (
            AlignedBytes::zeroed(header.input_bytes as usize),
            AlignedBytes::zeroed(header.output_bytes as usize),
        );
        let memory = Memory {
            arena: arenas.each_mut().map(Painted::buffer),
            state: states.each_mut().map(Painted::buffer),
            input: input.as_mut_slice(),
            output: output.as_mut_slice(),
        };
        let mut session = Session::new(*package, memory, kernels::ALL)?;
        run_golden(&mut session, &mut generator.clone(), |_, _, _| Ok(()))?;
        arena.add(&arenas);
        state.add(&states);
    }
    Ok(MeasuredMemory {
        arena: arena.against(header.arena_bytes),
        state: state.against(header.state_bytes),
    })
}

/// What was seen of the regions of a kind, under all patterns so far.
#[derive(Default)]
struct Seen {
    touched: [u32; MAX_MEMORY_REGIONS],
    guards_broken: bool,
}

impl Seen {
    fn add(&mut self, regions: &[Painted; MAX_MEMORY_REGIONS]) {
        for (touched, region) in self.touched.iter_mut().zip(regions) {
            *touched = region.touched().max(*touched);
            self.guards_broken |= region.guards_broken();
        }
    }

    fn against(self, promised: [u32; MAX_MEMORY_REGIONS]) -> MemoryUse {
        MemoryUse {
            promised: promised.iter().sum(),
            touched: self.touched.iter().sum(),
            guards_intact: !self.guards_broken,
        }
    }
}

/// A buffer between two guard zones, all of one pattern.
struct Painted {
    bytes: AlignedBytes,
    length: usize,
    pattern: u8,
}

impl Painted {
    fn new(length: u32, pattern: u8) -> Painted {
        let length = length as usize;
        let mut bytes = AlignedBytes::zeroed(length + 2 * GUARD_BYTES);
        bytes.as_mut_slice().fill(pattern);
        Painted {
            bytes,
            length,
            pattern,
        }
    }

    /// The buffer without its guards, but open at its end: a session has to stop by itself.
    fn buffer(&mut self) -> &mut [u8] {
        &mut self.bytes.as_mut_slice()[GUARD_BYTES..]
    }

    /// Highest byte without its paint, plus one.
    fn touched(&self) -> u32 {
        let buffer = &self.bytes.as_slice()[GUARD_BYTES..][..self.length];
        let last = buffer.iter().rposition(|&byte| byte != self.pattern);
        last.map_or(0, |last| last as u32 + 1)
    }

    fn guards_broken(&self) -> bool {
        let (low, rest) = self.bytes.as_slice().split_at(GUARD_BYTES);
        let high = &rest[self.length..];
        low.iter().chain(high).any(|&byte| byte != self.pattern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_are_seen_where_they_land() {
        let mut painted = Painted::new(100, PATTERNS[0]);
        assert_eq!((painted.touched(), painted.guards_broken()), (0, false));
        painted.buffer()[41] = 0;
        assert_eq!((painted.touched(), painted.guards_broken()), (42, false));
        painted.buffer()[100] = 0;
        assert_eq!((painted.touched(), painted.guards_broken()), (42, true));
    }
}
