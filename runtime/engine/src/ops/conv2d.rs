use cadet_format::{Conv2dF32, Conv2dI8, DType, Error};
use cadet_kernels::{Real, Weight, Widen, conv2d, f16};

use super::convert::{each_example, epilogue, multipliers, optional, quant, window};
use crate::{Context, Element};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    float::<f32, f32>(context, |op| conv2d::f32_in_parts(op, context.crew()))
}

/// With weights in blocks.
pub(crate) fn blocked_f32(context: &Context<'_>) -> Result<(), Error> {
    blocked::<f32>(context)
}

/// As [`blocked_f32`], weights in whatever the second input has.
pub(crate) fn blocked_compressed(context: &Context<'_>) -> Result<(), Error> {
    match context.input(1)?.info.dtype {
        DType::F16 => blocked::<f16>(context),
        DType::I8 => blocked::<i8>(context),
        _ => Err(Error::KernelContract),
    }
}

fn blocked<W: Element + Weight>(context: &Context<'_>) -> Result<(), Error> {
    float::<f32, W>(context, |op| {
        conv2d::blocked::f32_in_parts(op, context.isa(), context.crew())
    })
}

/// Activations in `X`, weights in whatever the second input has.
pub(crate) fn compressed<X: Element + Real>(context: &Context<'_>) -> Result<(), Error> {
    match context.input(1)?.info.dtype {
        DType::F16 => float::<X, f16>(context, |op| conv2d::f32_in_parts(op, context.crew())),
        DType::I8 => float::<X, i8>(context, |op| conv2d::f32_in_parts(op, context.crew())),
        _ => Err(Error::KernelContract),
    }
}

fn float<X: Element + Real, W: Element + Widen>(
    context: &Context<'_>,
    run: impl Fn(&conv2d::F32<'_, X, W>) -> cadet_kernels::Result,
) -> Result<(), Error> {
    let params: Conv2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant::<W>()?;
    let epilogue = epilogue(context, &params.clamp)?;
    each_example::<X, X>(&input, &output, |input, output| {
        run(&conv2d::F32 {
            window,
            groups: params.groups as usize,
            input,
            weights,
            epilogue,
            output,
        })
    })
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    integers(context, |op| conv2d::i8_in_parts(op, context.crew()))
}

/// With weights in blocks.
pub(crate) fn blocked_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(context, |op| {
        conv2d::blocked::i8_in_parts(op, context.isa(), context.crew())
    })
}

/// With weights in blocks, in pairs.
pub(crate) fn pairs_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(context, |op| {
        conv2d::blocked::i8_pairs_in_parts(op, context.isa(), context.crew())
    })
}

fn integers(
    context: &Context<'_>,
    run: impl Fn(&conv2d::I8<'_>) -> cadet_kernels::Result,
) -> Result<(), Error> {
    let params: Conv2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant()?;
    let bias = optional(context, 2)?;
    let multipliers = multipliers(context, 3)?;
    let weight_zero_points = optional(context, 4)?;
    each_example(&input, &output, |input, output| {
        run(&conv2d::I8 {
            window,
            groups: params.groups as usize,
            input,
            weights,
            bias,
            multipliers,
            weight_zero_points,
            quant: quant(&params.quant),
            output,
        })
    })
}
