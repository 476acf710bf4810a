use core::cell::Cell;

use bytemuck::Pod;
use cadet_format::{
    DType, Error, KernelId, MAX_RANK, NO_TENSOR, Package, Region, Step, TensorInfo,
};
use cadet_kernels::{Crew, Isa, Source, f16, view};
use heapless::Vec;

use crate::memory::Cells;

/// What a kernel sees of the step that it runs: operands, parameters and run-time scalars.
pub struct Context<'a> {
    pub(crate) package: &'a Package<'a>,
    pub(crate) step: &'a Step,
    pub(crate) cells: &'a Cells<'a>,
    pub(crate) scalars: &'a [u32],
    pub(crate) isa: Isa,
    #[cfg(feature = "crew")]
    pub(crate) crew: Option<Crew<'a>>,
}

/// A Rust type that is an element type of tensors.
pub trait Element: Pod + Default {
    /// The element type.
    const DTYPE: DType;
}

impl Element for f32 {
    const DTYPE: DType = DType::F32;
}
impl Element for f16 {
    const DTYPE: DType = DType::F16;
}
impl Element for i8 {
    const DTYPE: DType = DType::I8;
}
impl Element for u8 {
    const DTYPE: DType = DType::U8;
}
impl Element for i16 {
    const DTYPE: DType = DType::I16;
}
impl Element for i32 {
    const DTYPE: DType = DType::I32;
}
impl Element for i64 {
    const DTYPE: DType = DType::I64;
}

/// One operand of a step.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    /// Type, shape and quantisation.
    pub info: TensorInfo<'a>,
    bytes: Bytes<'a>,
}

#[derive(Clone, Copy)]
enum Bytes<'a> {
    Constant(&'a [u8]),
    Cells(&'a [Cell<u8>]),
}

impl<'a> Operand<'a> {
    /// The elements of an activation.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where the operand is a constant or of another type.
    pub fn cells<T: Element>(&self) -> Result<&'a [Cell<T>], Error> {
        match self.bytes {
            Bytes::Cells(bytes) if self.info.dtype == T::DTYPE => view(bytes),
            _ => None,
        }
        .ok_or(Error::KernelContract)
    }

    /// The bytes of an activation of any type.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where the operand is a constant.
    pub fn byte_cells(&self) -> Result<&'a [Cell<u8>], Error> {
        match self.bytes {
            Bytes::Cells(bytes) => Ok(bytes),
            Bytes::Constant(_) => Err(Error::KernelContract),
        }
    }

    /// The elements of a constant.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where the operand is an activation or of another type.
    pub fn constant<T: Element>(&self) -> Result<&'a [T], Error> {
        match self.bytes {
            Bytes::Constant(bytes) if self.info.dtype == T::DTYPE => {
                bytemuck::try_cast_slice(bytes).map_err(|_| Error::KernelContract)
            }
            _ => Err(Error::KernelContract),
        }
    }

    /// The elements of an operand that may be an activation or a constant.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where the operand is of another type.
    pub fn source<T: Element>(&self) -> Result<Source<'a, T>, Error> {
        match self.bytes {
            Bytes::Cells(_) => self.cells().map(Source::Cells),
            Bytes::Constant(_) => self.constant().map(Source::Constant),
        }
    }

    /// The bytes of an operand of any type, such as booleans, as unsigned elements of its size.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where `T` has another size than the operand's elements.
    pub fn raw_source<T: Pod>(&self) -> Result<Source<'a, T>, Error> {
        if self.info.dtype.bits() as usize != 8 * size_of::<T>() {
            return Err(Error::KernelContract);
        }
        match self.bytes {
            Bytes::Cells(bytes) => view(bytes).map(Source::Cells),
            Bytes::Constant(bytes) => bytemuck::try_cast_slice(bytes).ok().map(Source::Constant),
        }
        .ok_or(Error::KernelContract)
    }

    /// The cells of an activation of any type, such as booleans, as unsigned elements of its size.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where the operand is a constant or `T` has another size than its elements.
    pub fn raw_cells<T: Pod>(&self) -> Result<&'a [Cell<T>], Error> {
        match self.raw_source()? {
            Source::Cells(cells) => Ok(cells),
            Source::Constant(_) => Err(Error::KernelContract),
        }
    }

    /// The extents.
    ///
    /// # Errors
    /// [`Error::KernelContract`] never in a checked package.
    pub fn extents(&self) -> Result<Vec<usize, MAX_RANK>, Error> {
        let mut extents = Vec::new();
        for &extent in self.info.dims {
            extents
                .push(extent as usize)
                .map_err(|_| Error::KernelContract)?;
        }
        Ok(extents)
    }

    /// Height, width and channels of a `[n, h, w, c]` activation.
    ///
    /// # Errors
    /// [`Error::KernelContract`] for any other rank.
    pub fn image(&self) -> Result<[usize; 3], Error> {
        match *self.info.dims {
            [_, h, w, c] => Ok([h as usize, w as usize, c as usize]),
            _ => Err(Error::KernelContract),
        }
    }

    /// Depth, height, width and channels of a `[n, .., c]` activation; axes that are missing have extent 1.
    ///
    /// # Errors
    /// [`Error::KernelContract`] for ranks other than 3, 4 and 5.
    pub fn volume(&self) -> Result<[usize; 4], Error> {
        let [d, h, w, c] = match *self.info.dims {
            [_, w, c] => [1, 1, w, c],
            [_, h, w, c] => [1, h, w, c],
            [_, d, h, w, c] => [d, h, w, c],
            _ => return Err(Error::KernelContract),
        };
        Ok([d as usize, h as usize, w as usize, c as usize])
    }

    /// Number of rows and length of the last axis.
    ///
    /// # Errors
    /// [`Error::KernelContract`] for a tensor without axes.
    pub fn rows(&self) -> Result<[usize; 2], Error> {
        let (&last, rest) = self.info.dims.split_last().ok_or(Error::KernelContract)?;
        let rows = rest
            .iter()
            .fold(1usize, |n, &dim| n.saturating_mul(dim as usize));
        Ok([rows, last as usize])
    }
}

impl<'a> Context<'a> {
    /// Identity of the kernel that was asked for.
    ///
    /// # Errors
    /// [`Error::BadStep`] never in a checked package.
    pub fn kernel(&self) -> Result<KernelId, Error> {
        let index = usize::from(self.step.kernel);
        self.package
            .kernels()
            .get(index)
            .copied()
            .ok_or(Error::BadStep)
    }

    /// The parameter block.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where it has another length.
    pub fn params<P: Pod>(&self) -> Result<P, Error> {
        let bytes = self.package.params_of(self.step).ok_or(Error::BadStep)?;
        bytemuck::try_pod_read_unaligned(bytes).map_err(|_| Error::KernelContract)
    }

    /// The instructions that the session may use.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The threads that may share the work.
    #[cfg(feature = "crew")]
    pub fn crew(&self) -> Option<Crew<'a>> {
        self.crew
    }

    /// None: this engine is built for one thread.
    #[cfg(not(feature = "crew"))]
    pub(crate) fn crew(&self) -> Option<Crew<'a>> {
        None
    }

    /// Run-time scalar `index`.
    pub fn scalar(&self, index: usize) -> Option<u32> {
        self.scalars.get(index).copied()
    }

    /// Number of inputs, those that are not given included.
    pub fn input_count(&self) -> usize {
        self.package.step_inputs(self.step).len()
    }

    /// Input `index`.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where it is not given.
    pub fn input(&self, index: usize) -> Result<Operand<'a>, Error> {
        self.optional_input(index)?.ok_or(Error::KernelContract)
    }

    /// Input `index`, where it is given.
    ///
    /// # Errors
    /// [`Error::BadStep`] never in a checked package.
    pub fn optional_input(&self, index: usize) -> Result<Option<Operand<'a>>, Error> {
        match self.package.step_inputs(self.step).get(index) {
            None | Some(&NO_TENSOR) => Ok(None),
            Some(&tensor) => self.operand(tensor).map(Some),
        }
    }

    /// Output `index`.
    ///
    /// # Errors
    /// [`Error::KernelContract`] where it is not given.
    pub fn output(&self, index: usize) -> Result<Operand<'a>, Error> {
        self.optional_output(index)?.ok_or(Error::KernelContract)
    }

    /// Output `index`, where it is given.
    ///
    /// # Errors
    /// [`Error::BadStep`] never in a checked package.
    pub fn optional_output(&self, index: usize) -> Result<Option<Operand<'a>>, Error> {
        let tensor = self.package.step_outputs(self.step).get(index);
        tensor.map(|&tensor| self.operand(tensor)).transpose()
    }

    fn operand(&self, tensor: u16) -> Result<Operand<'a>, Error> {
        let info = self.package.tensor(tensor).ok_or(Error::BadStep)?;
        let bytes = match info.region {
            Region::Weights(index) => self
                .package
                .weights(index)
                .and_then(|region| region.get(info.offset..info.offset.checked_add(info.bytes)?))
                .map(Bytes::Constant),
            _ => self.cells.bytes(&info).map(Bytes::Cells),
        };
        Ok(Operand {
            info,
            bytes: bytes.ok_or(Error::BadStep)?,
        })
    }
}
