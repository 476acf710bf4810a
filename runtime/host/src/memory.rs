use cadet_format::{MAX_MEMORY_REGIONS, Package};
use cadet_kernels::Isa;
use cadet_runtime::{Error, Kernel, Memory, Session, kernels};

use crate::{AlignedBytes, GraphSession, HostError, HostSession};

/// Heap memory for one session, of exactly the bytes that its package declares.
pub struct HostMemory {
    arena: [AlignedBytes; MAX_MEMORY_REGIONS],
    state: [AlignedBytes; MAX_MEMORY_REGIONS],
    input: AlignedBytes,
    output: AlignedBytes,
}

impl HostMemory {
    /// Memory for sessions of `package`.
    pub fn for_package(package: &Package<'_>) -> HostMemory {
        let header = package.header();
        let zeroed = |bytes: u32| AlignedBytes::zeroed(bytes as usize);
        HostMemory {
            arena: header.arena_bytes.map(zeroed),
            state: header.state_bytes.map(zeroed),
            input: zeroed(header.input_bytes),
            output: zeroed(header.output_bytes),
        }
    }

    /// A session with every built-in kernel and the instructions of this processor, or with tract for a package that holds an ONNX graph.
    ///
    /// # Errors
    /// [`HostError::Runtime`] as [`Session::new`], [`HostError::Graph`] where tract cannot load the graph,
    /// [`HostError::GraphPorts`].
    pub fn session<'p, 'm>(
        &'m mut self,
        package: Package<'p>,
    ) -> Result<HostSession<'p, 'm>, HostError> {
        if let Some(onnx) = package.onnx() {
            let (input, output) = (self.input.as_mut_slice(), self.output.as_mut_slice());
            let session = GraphSession::new(package, onnx, input, output)?;
            return Ok(HostSession::Graph(Box::new(session)));
        }
        let mut session = self.session_with(package, kernels::ALL)?;
        session.set_isa(Isa::detect());
        Ok(HostSession::Steps(Box::new(session)))
    }

    /// A session of the engine with the kernels of a table, and the instructions that every processor has.
    ///
    /// # Errors
    /// As [`Session::new`].
    pub fn session_with<'p, 'm>(
        &'m mut self,
        package: Package<'p>,
        kernels: &[Kernel],
    ) -> Result<Session<'p, 'm>, Error> {
        let memory = Memory {
            arena: self.arena.each_mut().map(AlignedBytes::as_mut_slice),
            state: self.state.each_mut().map(AlignedBytes::as_mut_slice),
            input: self.input.as_mut_slice(),
            output: self.output.as_mut_slice(),
        };
        Session::new(package, memory, kernels)
    }
}
