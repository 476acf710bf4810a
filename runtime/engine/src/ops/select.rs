use bytemuck::Pod;
use cadet_format::Error;
use cadet_kernels::select;

use super::convert::contract;
use super::pair::bools;
use crate::{Context, Operand};

/// Operands: condition, a, b; output.
pub(crate) fn select(context: &Context<'_>) -> Result<(), Error> {
    let [condition, a, b] = [context.input(0)?, context.input(1)?, context.input(2)?];
    let output = context.output(0)?;
    if a.info.dtype != output.info.dtype || b.info.dtype != output.info.dtype {
        return Err(Error::KernelContract);
    }
    match output.info.dtype.bits() {
        8 => copy::<u8>(&[condition, a, b], &output),
        16 => copy::<u16>(&[condition, a, b], &output),
        32 => copy::<u32>(&[condition, a, b], &output),
        64 => copy::<u64>(&[condition, a, b], &output),
        _ => Err(Error::KernelContract),
    }
}

fn copy<T: Pod + Default>(inputs: &[Operand<'_>; 3], output: &Operand<'_>) -> Result<(), Error> {
    let [condition, a, b] = inputs;
    let shapes = [condition.extents()?, a.extents()?, b.extents()?];
    select::copy::<T>(&select::Select {
        condition: bools(condition)?,
        a: a.raw_source()?,
        b: b.raw_source()?,
        shapes: [&shapes[0], &shapes[1], &shapes[2]],
        output: output.raw_cells()?,
        shape: &output.extents()?,
    })
    .map_err(contract)
}
