use cadet_format::{DType, Embedding, Error, Linear};
use cadet_kernels::linear::{self as kernel, Weights, embed};

use super::convert::{contract, optional};
use crate::{Context, Operand};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: Linear = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let ([rows, inputs], [_, outputs]) = (input.rows()?, output.rows()?);
    let op = kernel::F32 {
        rows,
        inputs,
        outputs,
        group: params.group as usize,
        input: input.cells()?,
        weights: weights(&context.input(1)?)?,
        scales: context.input(2)?.constant()?,
        bias: optional(context, 3)?,
        adds: params.adds != 0,
        output: output.cells()?,
        scratch: context.output(1)?.raw_cells()?,
    };
    kernel::f32(&op, context.isa()).map_err(contract)
}

pub(crate) fn embedding(context: &Context<'_>) -> Result<(), Error> {
    let params: Embedding = context.params()?;
    let output = context.output(0)?;
    let [_, inputs] = output.rows()?;
    embed::f32(&embed::F32 {
        inputs,
        outputs: params.count as usize,
        group: params.group as usize,
        indices: context.input(0)?.cells()?,
        weights: weights(&context.input(1)?)?,
        scales: context.input(2)?.constant()?,
        output: output.cells()?,
    })
    .map_err(contract)
}

fn weights<'a>(operand: &Operand<'a>) -> Result<Weights<'a>, Error> {
    match operand.info.dtype {
        DType::I8 => operand.constant().map(Weights::Q8),
        _ => operand.constant().map(Weights::Q4),
    }
}
