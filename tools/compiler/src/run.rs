//! Runs packages through the engine on the host.

use cadet_runtime::{Error, Memory, Package, Session, kernels};

use crate::error::CompileError;
use crate::ir::Graph;
use crate::layout::{Arranged, arrange};
use crate::lower::{Lowered, lower};
use crate::options::{Options, Strips};
use crate::package;

/// Bytes at an address that is a multiple of an alignment.
pub(crate) struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    pub(crate) fn zeroed(length: usize, alignment: usize) -> Aligned {
        let bytes = vec![0; length + alignment];
        let start = bytes.as_ptr().align_offset(alignment);
        Aligned {
            bytes,
            start,
            length,
        }
    }

    pub(crate) fn copy_of(source: &[u8], alignment: usize) -> Aligned {
        let mut aligned = Aligned::zeroed(source.len(), alignment);
        aligned.as_mut_slice().copy_from_slice(source);
        aligned
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.bytes[self.start..][..self.length]
    }

    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..][..self.length]
    }
}

/// A graph in a package that never leaves the compiler, every tensor of it in memory as a whole, and each the
/// result of a step.
pub(crate) struct Scratch {
    pub(crate) arranged: Arranged,
    pub(crate) lowered: Lowered,
    package: Aligned,
}

impl Scratch {
    pub(crate) fn new(graph: Graph, options: &Options) -> Result<Scratch, CompileError> {
        let arranged = arrange(graph, options.io);
        let whole = Options {
            strips: Strips::None,
            fuse: false,
            ..options.clone()
        };
        let lowered = lower(&arranged, &whole)?;
        let bytes = package::write(&lowered, &package::Identity::scratch(), &[], None, None);
        Ok(Scratch {
            package: Aligned::copy_of(&bytes, lowered.alignment),
            arranged,
            lowered,
        })
    }

    /// Memory for a session; scratch graphs keep nothing between runs.
    pub(crate) fn arena(&self) -> Aligned {
        Aligned::zeroed(self.lowered.arena_bytes, self.lowered.alignment)
    }

    pub(crate) fn session<'a>(
        &'a self,
        arena: &'a mut Aligned,
    ) -> Result<Session<'a, 'a>, CompileError> {
        open(&self.package, arena, &mut [])
    }
}

/// A session over a package of our own making.
pub(crate) fn open<'a>(
    package: &'a Aligned,
    arena: &'a mut Aligned,
    state: &'a mut [u8],
) -> Result<Session<'a, 'a>, CompileError> {
    let package = Package::new(package.as_slice()).map_err(defect)?;
    let memory = Memory::with_arena_and_state(arena.as_mut_slice(), state);
    Session::new(package, memory, kernels::ALL).map_err(defect)
}

/// The elements of a tensor between two steps.
pub(crate) fn floats<'s>(
    session: &'s Session<'_, '_>,
    row: u16,
) -> Result<&'s [f32], CompileError> {
    let bytes = session.tensor(row).map_err(defect)?;
    bytemuck::try_cast_slice(bytes).map_err(|_| defect(Error::Misaligned))
}

/// An error of the runtime over a package that we made ourselves.
pub(crate) fn defect(error: Error) -> CompileError {
    CompileError::SelfCheck(format!("{error:?}"))
}
