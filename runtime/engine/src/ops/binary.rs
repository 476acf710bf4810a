use cadet_format::{Binary, BinaryF32, BinaryFunction, Compare, DType, Error};
use cadet_kernels::binary::{self, Function, Integer};
use cadet_kernels::pow::{self, Base};

use super::convert::{clamp, contract};
use super::pair::{Operands, bool_cells, bools};
use crate::{Context, Element};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: BinaryF32 = context.params()?;
    let operands = Operands::of(context)?;
    binary::f32_in_parts(
        function(params.function)?,
        clamp(&params.clamp),
        &operands.pair()?,
        context.crew(),
    )
    .map_err(contract)
}

pub(crate) fn integer<T: Element + Integer>(context: &Context<'_>) -> Result<(), Error> {
    let params: Binary = context.params()?;
    let operands = Operands::of(context)?;
    binary::integer::<T>(function(params.function)?, &operands.pair()?).map_err(contract)
}

pub(crate) fn boolean(context: &Context<'_>) -> Result<(), Error> {
    let params: Binary = context.params()?;
    let operands = Operands::of(context)?;
    let (a, b) = (bools(&operands.a)?, bools(&operands.b)?);
    let pair = operands.join(a, b, bool_cells(&operands.output)?);
    binary::boolean(function(params.function)?, &pair).map_err(contract)
}

pub(crate) fn compare<T: Element + PartialOrd>(context: &Context<'_>) -> Result<(), Error> {
    let comparison = comparison(context)?;
    let operands = Operands::of(context)?;
    let (a, b) = (operands.a.source::<T>()?, operands.b.source::<T>()?);
    let pair = operands.join(a, b, bool_cells(&operands.output)?);
    binary::compare(comparison, &pair).map_err(contract)
}

pub(crate) fn compare_booleans(context: &Context<'_>) -> Result<(), Error> {
    if comparison(context)? != binary::Comparison::Equal {
        return Err(Error::KernelContract);
    }
    let operands = Operands::of(context)?;
    let (a, b) = (bools(&operands.a)?, bools(&operands.b)?);
    let pair = operands.join(a, b, bool_cells(&operands.output)?);
    binary::equal_booleans(&pair).map_err(contract)
}

pub(crate) fn pow_f32(context: &Context<'_>) -> Result<(), Error> {
    let operands = Operands::of(context)?;
    match operands.b.info.dtype {
        DType::F32 => pow::f32::<f32>(&operands.pair()?),
        _ => pow::f32::<i64>(&operands.pair()?),
    }
    .map_err(contract)
}

pub(crate) fn pow_integer<T: Element + Base>(context: &Context<'_>) -> Result<(), Error> {
    let operands = Operands::of(context)?;
    match operands.b.info.dtype {
        DType::F32 => pow::integer::<T, f32>(&operands.pair()?),
        _ => pow::integer::<T, i64>(&operands.pair()?),
    }
    .map_err(contract)
}

fn function(code: u32) -> Result<Function, Error> {
    Ok(
        match BinaryFunction::from_u32(code).ok_or(Error::KernelContract)? {
            BinaryFunction::Add => Function::Add,
            BinaryFunction::Sub => Function::Sub,
            BinaryFunction::Mul => Function::Mul,
            BinaryFunction::Div => Function::Div,
            BinaryFunction::Min => Function::Min,
            BinaryFunction::Max => Function::Max,
            BinaryFunction::Modulo => Function::Modulo,
            BinaryFunction::Remainder => Function::Remainder,
            BinaryFunction::PRelu => Function::PRelu,
            BinaryFunction::And => Function::And,
            BinaryFunction::Or => Function::Or,
            BinaryFunction::Xor => Function::Xor,
            BinaryFunction::ShiftLeft => Function::ShiftLeft,
            BinaryFunction::ShiftRight => Function::ShiftRight,
        },
    )
}

fn comparison(context: &Context<'_>) -> Result<binary::Comparison, Error> {
    let params: Compare = context.params()?;
    let comparison =
        cadet_format::Comparison::from_u32(params.comparison).ok_or(Error::KernelContract)?;
    Ok(match comparison {
        cadet_format::Comparison::Equal => binary::Comparison::Equal,
        cadet_format::Comparison::Less => binary::Comparison::Less,
        cadet_format::Comparison::LessOrEqual => binary::Comparison::LessOrEqual,
    })
}
