use cadet_format::{DepthwiseConv2dF32, DepthwiseConv2dI8, Error};
use cadet_kernels::depthwise_conv2d;

use super::convert::{clamp, contract, multipliers, optional, quant, window};
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: DepthwiseConv2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    depthwise_conv2d::f32(&depthwise_conv2d::F32 {
        window: window(&params.window, &input, &output)?,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        bias: optional(context, 2)?,
        clamp: clamp(&params.clamp),
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: DepthwiseConv2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    depthwise_conv2d::i8(&depthwise_conv2d::I8 {
        window: window(&params.window, &input, &output)?,
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
