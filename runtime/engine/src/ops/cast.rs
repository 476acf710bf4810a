use cadet_format::{DType, Error};
use cadet_kernels::cast::{self, Input, Output};

use super::convert::contract;
use crate::{Context, Operand};

pub(crate) fn cast(context: &Context<'_>) -> Result<(), Error> {
    let (from, to) = (context.input(0)?, context.output(0)?);
    cast::cast(input(&from)?, output(&to)?).map_err(contract)
}

fn input<'a>(operand: &Operand<'a>) -> Result<Input<'a>, Error> {
    Ok(match operand.info.dtype {
        DType::F32 => Input::F32(operand.source()?),
        DType::F16 => Input::F16(operand.raw_source()?),
        DType::Bf16 => Input::Bf16(operand.raw_source()?),
        DType::I8 => Input::I8(operand.source()?),
        DType::U8 => Input::U8(operand.source()?),
        DType::I16 => Input::I16(operand.source()?),
        DType::I32 => Input::I32(operand.source()?),
        DType::I64 => Input::I64(operand.source()?),
        DType::Bool => Input::Bool(operand.raw_source()?),
        DType::I4 => return Err(Error::KernelContract),
    })
}

fn output<'a>(operand: &Operand<'a>) -> Result<Output<'a>, Error> {
    Ok(match operand.info.dtype {
        DType::F32 => Output::F32(operand.cells()?),
        DType::F16 => Output::F16(operand.raw_cells()?),
        DType::Bf16 => Output::Bf16(operand.raw_cells()?),
        DType::I8 => Output::I8(operand.cells()?),
        DType::U8 => Output::U8(operand.cells()?),
        DType::I16 => Output::I16(operand.cells()?),
        DType::I32 => Output::I32(operand.cells()?),
        DType::I64 => Output::I64(operand.cells()?),
        DType::Bool => Output::Bool(operand.raw_cells()?),
        DType::I4 => return Err(Error::KernelContract),
    })
}
