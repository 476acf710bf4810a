use cadet_format::{DType, Error, Reduce, ReduceFunction, ReduceI8};
use cadet_kernels::reduce::{self as kernel, Function, Integer};

use super::convert::{contract, multiplier, quant};
use crate::{Context, Element};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: Reduce = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (function, extents) = (function(params.function)?, input.extents()?);
    kernel::f32(
        function,
        &extents,
        params.axes,
        input.cells()?,
        output.cells()?,
    )
    .map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    integer::<i8>(context, [i8::MIN, i8::MAX])
}

pub(crate) fn u8(context: &Context<'_>) -> Result<(), Error> {
    integer::<u8>(context, [u8::MIN, u8::MAX])
}

pub(crate) fn i32(context: &Context<'_>) -> Result<(), Error> {
    integer::<i32>(context, [i32::MIN, i32::MAX])
}

pub(crate) fn i64(context: &Context<'_>) -> Result<(), Error> {
    integer::<i64>(context, [i64::MIN, i64::MAX])
}

fn integer<T: Element + Integer>(context: &Context<'_>, bounds: [T; 2]) -> Result<(), Error> {
    let params: Reduce = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (function, extents) = (function(params.function)?, input.extents()?);
    let (input, output) = (input.cells()?, output.cells()?);
    kernel::integer(function, bounds, &extents, params.axes, input, output).map_err(contract)
}

/// Booleans are bytes of 0 and 1.
pub(crate) fn bool(context: &Context<'_>) -> Result<(), Error> {
    let params: Reduce = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (function, extents) = (function(params.function)?, input.extents()?);
    let only_booleans = input.info.dtype == DType::Bool && output.info.dtype == DType::Bool;
    if !only_booleans || !matches!(function, Function::Max | Function::Min) {
        return Err(Error::KernelContract);
    }
    let (input, output) = (input.raw_cells()?, output.raw_cells()?);
    kernel::integer(function, [0u8, 1], &extents, params.axes, input, output).map_err(contract)
}

pub(crate) fn quantised_sum(context: &Context<'_>) -> Result<(), Error> {
    let params: ReduceI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    kernel::quantised_sum(
        &quant(&params.quant),
        multiplier(context, params.multiplier)?,
        &input.extents()?,
        params.axes,
        input.cells()?,
        output.cells()?,
    )
    .map_err(contract)
}

fn function(code: u32) -> Result<Function, Error> {
    let function = ReduceFunction::from_u32(code).ok_or(Error::KernelContract)?;
    Ok(match function {
        ReduceFunction::Sum => Function::Sum,
        ReduceFunction::Mean => Function::Mean,
        ReduceFunction::Max => Function::Max,
        ReduceFunction::Min => Function::Min,
        ReduceFunction::Product => Function::Product,
        ReduceFunction::SumSquare => Function::SumSquare,
        ReduceFunction::L1 => Function::L1,
        ReduceFunction::L2 => Function::L2,
        ReduceFunction::LogSum => Function::LogSum,
        ReduceFunction::LogSumExp => Function::LogSumExp,
    })
}
