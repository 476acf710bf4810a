use cadet_format::{Conv2dF32, Conv2dI8, Error};
use cadet_kernels::conv2d;

use super::convert::{clamp, contract, multipliers, optional, quant, window};
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: Conv2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    conv2d::f32(&conv2d::F32 {
        window: window(&params.window, &input, &output)?,
        groups: params.groups as usize,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        bias: optional(context, 2)?,
        clamp: clamp(&params.clamp),
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: Conv2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    conv2d::i8(&conv2d::I8 {
        window: window(&params.window, &input, &output)?,
        groups: params.groups as usize,
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
