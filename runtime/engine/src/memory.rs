use core::cell::Cell;

use cadet_format::{Error, Header, MAX_MEMORY_REGIONS, Region, TensorInfo};

/// The caller's memory for one session: arenas, states and, where a package asks for them, input and output
/// buffers. Regions a package does not use stay empty.
#[derive(Default)]
pub struct Memory<'m> {
    /// Working memory; at least `ARENA_BYTES` of each region.
    pub arena: [&'m mut [u8]; MAX_MEMORY_REGIONS],
    /// Memory kept between runs; at least `STATE_BYTES` of each region.
    pub state: [&'m mut [u8]; MAX_MEMORY_REGIONS],
    /// The caller's input buffer; may be empty where the input is handed over while the model runs
    /// ([`Session::run_fed`](crate::Session::run_fed)).
    pub input: &'m mut [u8],
    /// The caller's output buffer.
    pub output: &'m mut [u8],
}

impl<'m> Memory<'m> {
    /// Memory for a package with one arena and no state.
    pub fn with_arena(arena: &'m mut [u8]) -> Memory<'m> {
        let mut memory = Memory::default();
        let [first, ..] = &mut memory.arena;
        *first = arena;
        memory
    }

    /// Memory for a package with one arena and one state.
    pub fn with_arena_and_state(arena: &'m mut [u8], state: &'m mut [u8]) -> Memory<'m> {
        let mut memory = Memory::with_arena(arena);
        let [first, ..] = &mut memory.state;
        *first = state;
        memory
    }

    /// Checks lengths and addresses and cuts every buffer to what the package uses of it.
    pub(crate) fn fit(self, header: &Header) -> Result<Memory<'m>, Error> {
        let alignment = usize::from(header.base_alignment);
        let cut = |buffer: &'m mut [u8], bytes: u32, error: Error| -> Result<&'m mut [u8], Error> {
            let used = buffer.get_mut(..bytes as usize).ok_or(error)?;
            if !used.is_empty() && !(used.as_ptr() as usize).is_multiple_of(alignment) {
                return Err(Error::MemoryMisaligned);
            }
            Ok(used)
        };
        let input_bytes = match self.input {
            [] => 0,
            _ => header.input_bytes,
        };
        let mut fitted = Memory {
            input: cut(self.input, input_bytes, Error::ExternalTooSmall)?,
            output: cut(self.output, header.output_bytes, Error::ExternalTooSmall)?,
            ..Memory::default()
        };
        let arenas = fitted
            .arena
            .iter_mut()
            .zip(self.arena)
            .zip(header.arena_bytes);
        for ((slot, buffer), bytes) in arenas {
            *slot = cut(buffer, bytes, Error::ArenaTooSmall)?;
        }
        let states = fitted
            .state
            .iter_mut()
            .zip(self.state)
            .zip(header.state_bytes);
        for ((slot, buffer), bytes) in states {
            *slot = cut(buffer, bytes, Error::StateTooSmall)?;
        }
        Ok(fitted)
    }

    /// The bytes of a tensor outside the weights.
    pub(crate) fn bytes(&self, tensor: &TensorInfo<'_>) -> Option<&[u8]> {
        let region: &[u8] = match tensor.region {
            Region::Arena(i) => self.arena.get(usize::from(i))?,
            Region::State(i) => self.state.get(usize::from(i))?,
            Region::Input => self.input,
            Region::Output => self.output,
            Region::Weights(_) => return None,
        };
        region.get(range(tensor)?)
    }

    /// The bytes of a tensor outside the weights, to be written.
    pub(crate) fn bytes_mut(&mut self, tensor: &TensorInfo<'_>) -> Option<&mut [u8]> {
        let region: &mut [u8] = match tensor.region {
            Region::Arena(i) => self.arena.get_mut(usize::from(i))?,
            Region::State(i) => self.state.get_mut(usize::from(i))?,
            Region::Input => self.input,
            Region::Output => self.output,
            Region::Weights(_) => return None,
        };
        region.get_mut(range(tensor)?)
    }

    /// The same memory as cells, which a step's operands may share.
    pub(crate) fn cells(&mut self) -> Cells<'_> {
        Cells {
            arena: self.arena.each_mut().map(|buffer| as_cells(buffer)),
            state: self.state.each_mut().map(|buffer| as_cells(buffer)),
            input: as_cells(self.input),
            output: as_cells(self.output),
        }
    }
}

/// The bytes of a buffer as cells.
pub(crate) fn as_cells(buffer: &mut [u8]) -> &[Cell<u8>] {
    Cell::from_mut(buffer).as_slice_of_cells()
}

fn range(tensor: &TensorInfo<'_>) -> Option<core::ops::Range<usize>> {
    Some(tensor.offset..tensor.offset.checked_add(tensor.bytes)?)
}

/// A session's memory while steps run.
pub(crate) struct Cells<'a> {
    arena: [&'a [Cell<u8>]; MAX_MEMORY_REGIONS],
    state: [&'a [Cell<u8>]; MAX_MEMORY_REGIONS],
    input: &'a [Cell<u8>],
    output: &'a [Cell<u8>],
}

impl<'a> Cells<'a> {
    /// The bytes of a tensor outside the weights.
    pub(crate) fn bytes(&self, tensor: &TensorInfo<'_>) -> Option<&'a [Cell<u8>]> {
        let region = match tensor.region {
            Region::Arena(i) => self.arena.get(usize::from(i))?,
            Region::State(i) => self.state.get(usize::from(i))?,
            Region::Input => &self.input,
            Region::Output => &self.output,
            Region::Weights(_) => return None,
        };
        region.get(range(tensor)?)
    }
}
