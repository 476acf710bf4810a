use bytemuck::Pod;
use cadet_format::{Package, TensorInfo};
use cadet_runtime::{Error, Session};

use crate::{GraphSession, HostError};

/// A package bound to memory on a host, whichever kind it is of. The methods are those of the engine's
/// [`Session`]; a graph is one step.
pub enum HostSession<'p, 'm> {
    /// Compiled steps, run by the engine.
    Steps(Box<Session<'p, 'm>>),
    /// An ONNX graph, run by tract.
    Graph(Box<GraphSession<'p, 'm>>),
}

impl<'p> HostSession<'p, '_> {
    /// The package.
    pub fn package(&self) -> &Package<'p> {
        match self {
            HostSession::Steps(session) => session.package(),
            HostSession::Graph(session) => session.package(),
        }
    }

    /// As [`Session::reset_state`]; graphs have no state.
    pub fn reset_state(&mut self) {
        match self {
            HostSession::Steps(session) => session.reset_state(),
            HostSession::Graph(_) => {}
        }
    }

    /// As [`Session::set_scalar`]; graphs have no scalars.
    ///
    /// # Errors
    /// As [`Session::set_scalar`].
    pub fn set_scalar(&mut self, index: usize, value: u32) -> Result<(), Error> {
        match self {
            HostSession::Steps(session) => session.set_scalar(index, value),
            HostSession::Graph(_) => Err(Error::NoSuchIndex),
        }
    }

    /// Runs all steps of `program`.
    ///
    /// # Errors
    /// [`HostError::Runtime`] as [`Session::run`], or [`HostError::Graph`] where tract fails.
    pub fn run(&mut self, program: usize) -> Result<(), HostError> {
        match self {
            HostSession::Steps(session) => Ok(session.run(program)?),
            HostSession::Graph(session) => session.run(program),
        }
    }

    /// Runs one step of `program`.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn step(&mut self, program: usize, step: usize) -> Result<(), HostError> {
        match self {
            HostSession::Steps(session) => Ok(session.step(program, step)?),
            HostSession::Graph(session) if step == 0 => session.run(program),
            HostSession::Graph(_) => Err(Error::NoSuchIndex.into()),
        }
    }

    /// Type, shape and quantisation of input `index` of `program`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn input_info(&self, program: usize, index: usize) -> Result<TensorInfo<'p>, Error> {
        self.port(self.package().inputs(program), index)
            .map(|(_, info)| info)
    }

    /// Type, shape and quantisation of output `index` of `program`.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn output_info(&self, program: usize, index: usize) -> Result<TensorInfo<'p>, Error> {
        self.port(self.package().outputs(program), index)
            .map(|(_, info)| info)
    }

    /// The bytes of input `index` of `program`, to be written in place before a run.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn input_mut(&mut self, program: usize, index: usize) -> Result<&mut [u8], Error> {
        let (row, _) = self.port(self.package().inputs(program), index)?;
        self.tensor_mut(row)
    }

    /// The bytes of output `index` of `program`, valid until the next run.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn output(&self, program: usize, index: usize) -> Result<&[u8], Error> {
        let (row, _) = self.port(self.package().outputs(program), index)?;
        self.tensor(row)
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

    /// The bytes of any tensor, by its index in the package.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn tensor(&self, index: u16) -> Result<&[u8], Error> {
        match self {
            HostSession::Steps(session) => session.tensor(index),
            HostSession::Graph(session) => session.tensor(index),
        }
    }

    /// The bytes of any tensor outside the weights, to be written.
    ///
    /// # Errors
    /// [`Error::NoSuchIndex`].
    pub fn tensor_mut(&mut self, index: u16) -> Result<&mut [u8], Error> {
        match self {
            HostSession::Steps(session) => session.tensor_mut(index),
            HostSession::Graph(session) => session.tensor_mut(index),
        }
    }

    fn port(&self, ports: Option<&[u16]>, index: usize) -> Result<(u16, TensorInfo<'p>), Error> {
        let row = ports.and_then(|ports| ports.get(index));
        let row = *row.ok_or(Error::NoSuchIndex)?;
        let info = self.package().tensor(row).ok_or(Error::NoSuchIndex)?;
        Ok((row, info))
    }
}
