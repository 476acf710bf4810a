//! Steps that only move data, as unsigned elements of its size.

use bytemuck::Pod;
use cadet_format::{Concat, Error, Pad, ReverseSequence, StridedCopy, Transpose, Triangle};
use cadet_kernels::strided_copy::View;
use cadet_kernels::{
    Axis, ContractError, concat as joining, pad as padding, reverse_sequence as reversing,
    strided_copy as copying, transpose as transposing, triangle as cutting,
};

use super::convert::{contract, indices, product, same_type};
use crate::Context;

pub(crate) fn transpose<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: Transpose = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    let shape = input.extents()?;
    let permutation = params.permutation.get(..shape.len());
    let permutation = permutation.ok_or(Error::KernelContract)?;
    transposing::copy::<T>(
        &shape,
        permutation,
        input.raw_source()?,
        output.raw_cells()?,
    )
    .map_err(contract)
}

pub(crate) fn copy<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let (from, to) = (
        context.input(0)?.raw_source::<T>()?,
        context.output(0)?.raw_cells()?,
    );
    if from.len() != to.len() {
        return Err(Error::KernelContract);
    }
    from.copy_to(to);
    Ok(())
}

pub(crate) fn strided_copy<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: StridedCopy = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    let extents = params.extents.map(|extent| extent as usize);
    let extents = extents.get(..params.rank as usize);
    let view = View {
        extents: extents.ok_or(Error::KernelContract)?,
        offset: params.offset as isize,
        strides: params.strides.map(|stride| stride as isize),
    };
    copying::copy::<T>(&view, input.raw_source()?, output.raw_cells()?).map_err(contract)
}

pub(crate) fn concat<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: Concat = context.params()?;
    let (axis, output) = (params.axis as usize, context.output(0)?);
    let part = |index: usize| {
        let input = context.input(index).map_err(|_| ContractError)?;
        same_type(&input, &output).map_err(|_| ContractError)?;
        let extent = *input.info.dims.get(axis).ok_or(ContractError)?;
        let source = input.raw_source::<T>().map_err(|_| ContractError)?;
        Ok((extent as usize, source))
    };
    let parts = (0..context.input_count()).map(part);
    let along = Axis::of(&output.extents()?, axis).map_err(contract)?;
    joining::copy(along, parts, output.raw_cells()?).map_err(contract)
}

pub(crate) fn pad<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: Pad = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    let value = match context.optional_input(1)? {
        Some(value) => value.raw_source::<T>()?.get(0),
        None => T::default(),
    };
    let (input_shape, output_shape) = (input.extents()?, output.extents()?);
    let begin = params.begin.map(|begin| begin as isize);
    padding::copy(&padding::Pad {
        mode: match params.mode {
            0 => padding::Mode::Constant,
            1 => padding::Mode::Reflect,
            2 => padding::Mode::Edge,
            3 => padding::Mode::Wrap,
            _ => return Err(Error::KernelContract),
        },
        begin: begin
            .get(..input_shape.len())
            .ok_or(Error::KernelContract)?,
        input_shape: &input_shape,
        output_shape: &output_shape,
        value,
        input: input.raw_source()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn triangle<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: Triangle = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    let diagonal = match context.optional_input(1)? {
        Some(diagonal) => diagonal.source::<i64>()?.get(0),
        None => 0,
    };
    cutting::copy::<T>(&cutting::Triangle {
        shape: &input.extents()?,
        upper: params.upper != 0,
        diagonal,
        input: input.raw_source()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn reverse_sequence<T: Pod + Default>(context: &Context<'_>) -> Result<(), Error> {
    let params: ReverseSequence = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    let shape = input.extents()?;
    let &[first, second, ref rest @ ..] = &shape[..] else {
        return Err(Error::KernelContract);
    };
    reversing::copy::<T>(&reversing::ReverseSequence {
        extents: [first, second, product(rest)],
        time_first: params.time_first != 0,
        lengths: indices(&context.input(1)?)?,
        input: input.raw_source()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}
