//! Transforms of signals and matrices.

use cadet_format::{Dft, DftDirection, Error};
use cadet_kernels::determinant as kernel;
use cadet_kernels::dft::{self, Direction};

use super::convert::{contract, optional, product};
use crate::Context;

/// Operands: input; output, scratch `[n, n]`.
pub(crate) fn determinant(context: &Context<'_>) -> Result<(), Error> {
    let (input, output, scratch) = (context.input(0)?, context.output(0)?, context.output(1)?);
    let [_, size] = input.rows()?;
    kernel::f32(size, input.cells()?, output.cells()?, scratch.cells()?).map_err(contract)
}

pub(crate) fn dft(context: &Context<'_>) -> Result<(), Error> {
    let params: Dft = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (extents, bins) = (input.extents()?, output.extents()?);
    let axis = params.axis as usize;
    let (Some((before, [length, between @ .., components])), Some(behind)) =
        (extents.split_at_checked(axis), bins.get(axis..))
    else {
        return Err(Error::KernelContract);
    };
    let (frames, bins) = match (params.hop, behind) {
        (0, [bins, ..]) => (1, *bins),
        (_, [frames, bins, ..]) => (*frames, *bins),
        _ => return Err(Error::KernelContract),
    };
    dft::f32(&dft::F32 {
        outer: product(before),
        length: *length,
        inner: product(between),
        components: *components,
        frames,
        hop: params.hop as usize,
        bins,
        direction: direction(params.direction)?,
        input: input.cells()?,
        twiddles: context.input(1)?.constant()?,
        window: optional(context, 2)?,
        output: output.cells()?,
    })
    .map_err(contract)
}

fn direction(code: u32) -> Result<Direction, Error> {
    let direction = DftDirection::from_u32(code).ok_or(Error::KernelContract)?;
    Ok(match direction {
        DftDirection::Forward => Direction::Forward,
        DftDirection::Inverse => Direction::Inverse,
        DftDirection::InverseHermitian => Direction::InverseHermitian,
    })
}
