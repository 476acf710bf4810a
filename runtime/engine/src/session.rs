use bytemuck::Pod;
use cadet_format::{Error, MAX_KERNELS, MAX_SCALARS, Opcode, Package, Region, Step, TensorInfo};
use cadet_kernels::Isa;
#[cfg(feature = "crew")]
use cadet_kernels::{Crew, Team};
use heapless::Vec;

use crate::memory::Memory;
#[cfg(feature = "crew")]
use crate::memory::as_cells;
use crate::{Context, Kernel, StepFn};

/// Hands over a part of the caller's input: where it starts, and the bytes to fill.
pub type Feed<'f> = dyn FnMut(usize, &mut [u8]) -> Result<(), Error> + 'f;

/// A package at work in a caller's memory. Several sessions may share one package.
///
/// # Memory
/// Exactly `ARENA_BYTES` and `STATE_BYTES` of the caller's buffers, and the session itself (at most 256 words of
/// a pointer's size). Inputs lie in the arena, unless the package was made to be fed ([`run_fed`](Self::run_fed)): what
/// they hold after a run is undefined unless it was made to keep them.
pub struct Session<'p, 'm> {
    package: Package<'p>,
    memory: Memory<'m>,
    kernels: Vec<StepFn, MAX_KERNELS>,
    scalars: [u32; MAX_SCALARS],
    isa: Isa,
    #[cfg(feature = "crew")]
    crew: Option<(&'m dyn Team, &'m mut [u8])>,
}

impl<'p, 'm> Session<'p, 'm> {
    /// Binds a package to memory and to the kernels it needs, and resets the state.
    ///
    /// # Errors
    /// [`Error::NeedsHost`] where the package holds an ONNX graph instead of compiled steps;
    /// [`Error::MissingKernel`] where `kernels` lacks one; [`Error::ArenaTooSmall`],
    /// [`Error::StateTooSmall`], [`Error::ExternalTooSmall`] or [`Error::MemoryMisaligned`] where the memory
    /// does not fit.
    pub fn new(
        package: Package<'p>,
        memory: Memory<'m>,
        kernels: &[Kernel],
    ) -> Result<Session<'p, 'm>, Error> {
        if package.onnx().is_some() {
            return Err(Error::NeedsHost);
        }
        let mut resolved = Vec::new();
        for id in package.kernels() {
            let kernel = kernels.iter().find(|kernel| kernel.id == *id);
            let run = kernel.ok_or(Error::MissingKernel)?.run;
            resolved.push(run).map_err(|_| Error::BadHeader)?;
        }
        let memory = memory.fit(package.header())?;
        let mut session = Session {
            package,
            memory,
            kernels: resolved,
            scalars: [0; MAX_SCALARS],
            isa: Isa::Baseline,
            #[cfg(feature = "crew")]
            crew: None,
        };
        session.reset_state();
        Ok(session)
    }

    /// Lets kernels use the instructions of `isa`, which was detected. Without, they use what every processor of the
    /// target has. Results in integers stay the same.
    pub fn set_isa(&mut self, isa: Isa) {
        self.isa = isa;
    }

    /// Lets a team share the work of large steps. Results stay the same, bit for bit. A step whose output overlaps its
    /// input is shared only where `scratch` has room for a copy of that: [`scratch_bytes`](crate::scratch_bytes) says how
    /// much serves all steps.
    #[cfg(feature = "crew")]
    pub fn set_crew(&mut self, team: &'m dyn Team, scratch: &'m mut [u8]) {
        self.crew = Some((team, scratch));
    }

    /// Sets the state to what it holds at first, which is zero where the package does not say otherwise, and the
    /// run-time scalars to their first values.
    pub fn reset_state(&mut self) {
        for state in &mut self.memory.state {
            state.fill(0);
        }
        for fill in self.package.initial_state() {
            let start = fill.offset as usize;
            let range = start..start.saturating_add(fill.bytes as usize);
            let state = self.memory.state.get_mut(usize::from(fill.region));
            let Some(bytes) = state.and_then(|state| state.get_mut(range)) else {
                continue;
            };
            for word in bytes.chunks_mut(fill.value.len()) {
                for (byte, value) in word.iter_mut().zip(fill.value) {
                    *byte = value;
                }
            }
        }
        for (value, scalar) in self.scalars.iter_mut().zip(self.package.scalars()) {
            *value = scalar.initial;
        }
    }

    /// The bytes of state `region`: all that is kept between runs, besides the scalars. Empty for a region that the
    /// package does not use.
    pub fn state(&self, region: usize) -> &[u8] {
        self.memory.state.get(region).map_or(&[], |state| state)
    }

    /// The same, to be set to what another run has left there.
    pub fn state_mut(&mut self, region: usize) -> &mut [u8] {
        let state = self.memory.state.get_mut(region);
        state.map_or(&mut [], |state| state)
    }

    /// The package.
    pub fn package(&self) -> &Package<'p> {
        &self.package
    }

    /// Sets run-time scalar `index`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`], or [`Error::ScalarOutOfBounds`] where `value` is not within its bounds.
    pub fn set_scalar(&mut self, index: usize, value: u32) -> Result<(), Error> {
        let bounds = self
            .package
            .scalars()
            .get(index)
            .ok_or(Error::NoSuchIndex)?;
        if value < bounds.min || value > bounds.max {
            return Err(Error::ScalarOutOfBounds);
        }
        *self.scalars.get_mut(index).ok_or(Error::NoSuchIndex)? = value;
        Ok(())
    }

    /// Runs all steps of `program`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`] for a program that is not there; [`Error::KernelContract`] where a step's
    /// operands do not fit together, which no compiled package's do.
    pub fn run(&mut self, program: usize) -> Result<(), Error> {
        let steps = self.package.steps(program).ok_or(Error::NoSuchIndex)?;
        for step in 0..steps.len() {
            self.step(program, step)?;
        }
        Ok(())
    }

    /// Runs all steps of `program` without the caller's input buffer, whose parts `feed` hands over as they are
    /// needed: it is given where in the buffer a part would start, in bytes, and is to fill the bytes of the part.
    /// Parts come in rising order, each once. For packages made to be fed, which only copy from that buffer; inputs
    /// in the arena are written before, as for [`run`](Self::run).
    ///
    /// # Errors
    /// As [`run`](Self::run), those of `feed`, and [`Error::ExternalTooSmall`] where a step that does more than copy
    /// reads the buffer.
    pub fn run_fed(&mut self, program: usize, feed: &mut Feed<'_>) -> Result<(), Error> {
        let steps = self.package.steps(program).ok_or(Error::NoSuchIndex)?;
        for step in 0..steps.len() {
            self.step_fed(program, step, feed)?;
        }
        Ok(())
    }

    /// Runs one step of `program`: for watchdogs, cooperative schedulers and profiles. Steps are to be run
    /// in order.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn step(&mut self, program: usize, step: usize) -> Result<(), Error> {
        let step = self.find(program, step)?;
        if self.memory.input.is_empty() && self.input_of(step).is_some() {
            return Err(Error::ExternalTooSmall);
        }
        let run = self
            .kernels
            .get(usize::from(step.kernel))
            .ok_or(Error::BadStep)?;
        let cells = self.memory.cells();
        run(&Context {
            package: &self.package,
            step,
            cells: &cells,
            scalars: &self.scalars,
            isa: self.isa,
            #[cfg(feature = "crew")]
            crew: self.crew.as_mut().map(|(team, scratch)| Crew {
                team: *team,
                scratch: as_cells(scratch),
            }),
        })
    }

    /// Runs one step of `program` as [`run_fed`](Self::run_fed) does.
    ///
    /// # Errors
    /// As [`run_fed`](Self::run_fed).
    pub fn step_fed(
        &mut self,
        program: usize,
        step: usize,
        feed: &mut Feed<'_>,
    ) -> Result<(), Error> {
        let found = self.find(program, step)?;
        let kernel = self.package.kernels().get(usize::from(found.kernel));
        let copies = kernel.is_some_and(|kernel| kernel.opcode == Opcode::Copy as u16);
        match (self.input_of(found), self.package.step_outputs(found)) {
            (Some(part), [output]) if copies => {
                let output = self.package.tensor(*output).ok_or(Error::BadStep)?;
                let bytes = self.memory.bytes_mut(&output).ok_or(Error::BadStep)?;
                if bytes.len() != part.bytes {
                    return Err(Error::KernelContract);
                }
                feed(part.offset, bytes)
            }
            _ => self.step(program, step),
        }
    }

    fn find(&self, program: usize, step: usize) -> Result<&'p Step, Error> {
        let steps = self.package.steps(program).ok_or(Error::NoSuchIndex)?;
        steps.get(step).ok_or(Error::NoSuchIndex)
    }

    /// What a step reads of the caller's input.
    fn input_of(&self, step: &Step) -> Option<TensorInfo<'p>> {
        if self.package.header().input_bytes == 0 {
            return None;
        }
        let rows = self.package.step_inputs(step).iter();
        let mut operands = rows.filter_map(|&row| self.package.tensor(row));
        operands.find(|operand| operand.region == Region::Input)
    }

    /// Type, shape and quantisation of input `index` of `program`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn input_info(&self, program: usize, index: usize) -> Result<TensorInfo<'p>, Error> {
        self.port(self.package.inputs(program), index)
    }

    /// Type, shape and quantisation of output `index` of `program`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn output_info(&self, program: usize, index: usize) -> Result<TensorInfo<'p>, Error> {
        self.port(self.package.outputs(program), index)
    }

    /// The bytes of input `index` of `program`, to be written in place before a run.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn input_mut(&mut self, program: usize, index: usize) -> Result<&mut [u8], Error> {
        let tensor = self.input_info(program, index)?;
        self.memory.bytes_mut(&tensor).ok_or(Error::BadProgram)
    }

    /// The bytes of output `index` of `program`, valid until the next run.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn output(&self, program: usize, index: usize) -> Result<&[u8], Error> {
        self.bytes(self.output_info(program, index)?)
    }

    /// Copies `values` into input `index` of `program`.
    ///
    /// # Errors
    /// [`Error::WrongShape`] where the number of bytes is another.
    pub fn write_input<T: Pod>(
        &mut self,
        program: usize,
        index: usize,
        values: &[T],
    ) -> Result<(), Error> {
        let bytes: &[u8] = bytemuck::try_cast_slice(values).map_err(|_| Error::WrongShape)?;
        let input = self.input_mut(program, index)?;
        if input.len() != bytes.len() {
            return Err(Error::WrongShape);
        }
        input.copy_from_slice(bytes);
        Ok(())
    }

    /// Output `index` of `program` as elements.
    ///
    /// # Errors
    /// [`Error::WrongShape`] where the bytes are not whole elements of `T`.
    pub fn read_output<T: Pod>(&self, program: usize, index: usize) -> Result<&[T], Error> {
        bytemuck::try_cast_slice(self.output(program, index)?).map_err(|_| Error::WrongShape)
    }

    /// The bytes of any tensor, by its index in the package. Between two steps these are what the steps so
    /// far have left there.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn tensor(&self, index: u16) -> Result<&[u8], Error> {
        self.bytes(self.package.tensor(index).ok_or(Error::NoSuchIndex)?)
    }

    /// The bytes of any tensor outside the weights, to be written between two steps: for bisecting a model
    /// step by step.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`] where there is none, or it is a constant.
    pub fn tensor_mut(&mut self, index: u16) -> Result<&mut [u8], Error> {
        let tensor = self.package.tensor(index).ok_or(Error::NoSuchIndex)?;
        self.memory.bytes_mut(&tensor).ok_or(Error::NoSuchIndex)
    }

    fn bytes(&self, tensor: TensorInfo<'p>) -> Result<&[u8], Error> {
        match tensor.region {
            Region::Weights(index) => self
                .package
                .weights(index)
                .and_then(|w| w.get(tensor.offset..tensor.offset.checked_add(tensor.bytes)?)),
            _ => self.memory.bytes(&tensor),
        }
        .ok_or(Error::BadTensor)
    }

    fn port(&self, ports: Option<&[u16]>, index: usize) -> Result<TensorInfo<'p>, Error> {
        let tensor = ports
            .and_then(|ports| ports.get(index))
            .ok_or(Error::NoSuchIndex)?;
        self.package.tensor(*tensor).ok_or(Error::NoSuchIndex)
    }
}
