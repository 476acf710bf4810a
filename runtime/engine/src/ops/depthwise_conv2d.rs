use cadet_format::{DType, DepthwiseConv2dF32, DepthwiseConv2dI8, Error};
use cadet_kernels::{Real, Weight, Widen, depthwise_conv2d, f16};

use super::convert::{each_example, epilogue, multipliers, optional, quant, window};
use crate::{Context, Element};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    by::<f32>(context)
}

/// Weights in whatever the second input has.
pub(crate) fn compressed(context: &Context<'_>) -> Result<(), Error> {
    match context.input(1)?.info.dtype {
        DType::F16 => by::<f16>(context),
        DType::I8 => by::<i8>(context),
        _ => Err(Error::KernelContract),
    }
}

fn by<W: Element + Weight>(context: &Context<'_>) -> Result<(), Error> {
    float::<f32, W>(context, |op| {
        depthwise_conv2d::f32_in_parts(op, context.isa(), context.crew())
    })
}

/// As [`compressed`], activations in f16.
pub(crate) fn compressed_f16(context: &Context<'_>) -> Result<(), Error> {
    match context.input(1)?.info.dtype {
        DType::F16 => float::<f16, f16>(context, depthwise_conv2d::f32),
        DType::I8 => float::<f16, i8>(context, depthwise_conv2d::f32),
        _ => Err(Error::KernelContract),
    }
}

fn float<X: Element + Real, W: Element + Widen>(
    context: &Context<'_>,
    run: impl Fn(&depthwise_conv2d::F32<'_, X, W>) -> cadet_kernels::Result,
) -> Result<(), Error> {
    let params: DepthwiseConv2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant::<W>()?;
    let epilogue = epilogue(context, &params.clamp)?;
    each_example::<X, X>(&input, &output, |input, output| {
        run(&depthwise_conv2d::F32 {
            window,
            input,
            weights,
            epilogue,
            output,
        })
    })
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: DepthwiseConv2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant()?;
    let bias = optional(context, 2)?;
    let multipliers = multipliers(context, 3)?;
    let weight_zero_points = optional(context, 4)?;
    each_example(&input, &output, |input, output| {
        let op = depthwise_conv2d::I8 {
            window,
            input,
            weights,
            bias,
            multipliers,
            weight_zero_points,
            quant: quant(&params.quant),
            output,
        };
        depthwise_conv2d::i8_in_parts(&op, context.isa(), context.crew())
    })
}
