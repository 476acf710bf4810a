//! Measures what a package really touches, without asking it.

use cadet_format::protocol::MemoryUse;
use cadet_format::{Generator, Package};
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
    let runs = PATTERNS
        .iter()
        .map(|&pattern| {
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
            run_golden(&mut session, &mut Generator::new(1), |_, _| Ok(()))?;
            Ok((arenas.map(|a| a.measure()), states.map(|s| s.measure())))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let widest = |pick: fn(&([Seen; 4], [Seen; 4])) -> &[Seen; 4], promised: [u32; 4]| {
        let touched = (0..promised.len())
            .map(|region| {
                runs.iter()
                    .map(|run| pick(run)[region].touched)
                    .max()
                    .unwrap_or(0)
            })
            .sum();
        let guards_intact = runs
            .iter()
            .flat_map(|run| pick(run))
            .all(|seen| seen.guards_intact);
        MemoryUse {
            promised: promised.iter().sum(),
            touched,
            guards_intact,
        }
    };
    Ok(MeasuredMemory {
        arena: widest(|run| &run.0, header.arena_bytes),
        state: widest(|run| &run.1, header.state_bytes),
    })
}

/// A buffer between two guard zones, all of one pattern.
struct Painted {
    bytes: AlignedBytes,
    length: usize,
    pattern: u8,
}

struct Seen {
    touched: u32,
    guards_intact: bool,
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

    fn measure(&self) -> Seen {
        let bytes = self.bytes.as_slice();
        let painted = |byte: &u8| *byte == self.pattern;
        let (low, rest) = bytes.split_at(GUARD_BYTES);
        let (buffer, high) = rest.split_at(self.length);
        Seen {
            touched: buffer
                .iter()
                .rposition(|byte| !painted(byte))
                .map_or(0, |last| last as u32 + 1),
            guards_intact: low.iter().chain(high).all(painted),
        }
    }
}
