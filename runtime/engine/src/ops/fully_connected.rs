use cadet_format::{Error, FullyConnectedF32, FullyConnectedI8};
use cadet_kernels::fully_connected::{self, Extents};

use super::convert::{clamp, contract, multipliers, optional, quant};
use crate::{Context, Operand};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: FullyConnectedF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    fully_connected::f32(&fully_connected::F32 {
        extents: extents(&input, &output)?,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        bias: optional(context, 2)?,
        clamp: clamp(&params.clamp),
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: FullyConnectedI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    fully_connected::i8(&fully_connected::I8 {
        extents: extents(&input, &output)?,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        bias: optional(context, 2)?,
        multipliers: multipliers(context, 3)?,
        weight_zero_points: optional(context, 4)?,
        quant: quant(&params.quant),
        output: output.cells()?,
    })
    .map_err(contract)
}

fn extents(input: &Operand<'_>, output: &Operand<'_>) -> Result<Extents, Error> {
    let ([rows, inputs], [_, outputs]) = (input.rows()?, output.rows()?);
    Ok(Extents {
        rows,
        inputs,
        outputs,
    })
}
