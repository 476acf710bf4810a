use cadet_format::{Error, UnaryF32, UnaryFunction};
use cadet_kernels::{table as lookup, unary as kernel};

use super::convert::contract;
use crate::Context;

pub(crate) fn unary(context: &Context<'_>) -> Result<(), Error> {
    let params: UnaryF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    kernel::f32(function(&params)?, input.cells()?, output.cells()?).map_err(contract)
}

/// The function that a record of code and parameters stands for.
pub(super) fn function(params: &UnaryF32) -> Result<kernel::Function, Error> {
    let function = UnaryFunction::from_u32(params.function).ok_or(Error::KernelContract)?;
    Ok(match function {
        UnaryFunction::Clamp => kernel::Function::Clamp(params.alpha, params.beta),
        UnaryFunction::LeakyRelu => kernel::Function::LeakyRelu(params.alpha),
        UnaryFunction::Sigmoid => kernel::Function::Sigmoid,
        UnaryFunction::Tanh => kernel::Function::Tanh,
    })
}

/// Operands: input, table of 256 entries; output.
pub(crate) fn table(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let table = context.input(1)?.constant()?;
    lookup::i8(table, input.cells()?, output.cells()?).map_err(contract)
}
