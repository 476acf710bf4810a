//! Steps that only move data, whatever its type.

use cadet_format::{Error, Transpose};
use cadet_kernels::{Cell, transpose as kernel, view};

use super::convert::contract;
use crate::Context;

pub(crate) fn transpose(context: &Context<'_>) -> Result<(), Error> {
    let params: Transpose = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let shape = input.info.dims;
    let permutation = params
        .permutation
        .get(..shape.len())
        .ok_or(Error::KernelContract)?;
    let moved = permutation
        .iter()
        .zip(output.info.dims)
        .all(|(&axis, extent)| shape.get(axis as usize) == Some(extent));
    if !moved || input.info.dtype != output.info.dtype {
        return Err(Error::KernelContract);
    }
    let (from, to) = (input.byte_cells()?, output.byte_cells()?);
    match input.info.dtype.bits() {
        8 => kernel::copy::<u8>(shape, permutation, from, to),
        16 => kernel::copy::<u16>(shape, permutation, elements(from)?, elements(to)?),
        32 => kernel::copy::<u32>(shape, permutation, elements(from)?, elements(to)?),
        _ => return Err(Error::KernelContract),
    }
    .map_err(contract)
}

pub(crate) fn copy(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (from, to) = (input.byte_cells()?, output.byte_cells()?);
    if from.len() != to.len() {
        return Err(Error::KernelContract);
    }
    for (x, y) in from.iter().zip(to) {
        y.set(x.get());
    }
    Ok(())
}

fn elements<T: bytemuck::Pod>(bytes: &[Cell<u8>]) -> Result<&[Cell<T>], Error> {
    view(bytes).ok_or(Error::KernelContract)
}
