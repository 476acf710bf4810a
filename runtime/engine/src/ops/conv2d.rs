use cadet_format::{Conv2dAddF32, Conv2dAddI8, Conv2dF32, Conv2dI8, DType, Error};
use cadet_kernels::add::Sum;
use cadet_kernels::{Crew, Isa, Real, Weight, Widen, conv2d, f16};

use super::convert::{each_example, epilogue, multipliers, optional, quant, window};
use super::sum;
use crate::{Context, Element};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params = context.params()?;
    float::<f32, f32>(context, params, |op| {
        conv2d::f32_in_parts(op, context.crew())
    })
}

/// And what the output holds.
pub(crate) fn added_f32(context: &Context<'_>) -> Result<(), Error> {
    let Conv2dAddF32 { layer, sum } = context.params()?;
    let sum = sum::f32(context, &sum)?;
    float::<f32, f32>(context, layer, |op| {
        conv2d::f32_in_parts(&conv2d::F32 { sum, ..*op }, context.crew())
    })
}

/// With weights in blocks.
pub(crate) fn blocked_f32(context: &Context<'_>) -> Result<(), Error> {
    blocked::<f32>(context)
}

/// As [`added_f32`], with weights in blocks.
pub(crate) fn blocked_added_f32(context: &Context<'_>) -> Result<(), Error> {
    let Conv2dAddF32 { layer, sum } = context.params()?;
    let sum = sum::f32(context, &sum)?;
    float::<f32, f32>(context, layer, |op| {
        let op = conv2d::F32 { sum, ..*op };
        conv2d::blocked::f32_in_parts(&op, context.isa(), context.crew())
    })
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
    float::<f32, W>(context, context.params()?, |op| {
        conv2d::blocked::f32_in_parts(op, context.isa(), context.crew())
    })
}

/// Activations in `X`, weights in whatever the second input has.
pub(crate) fn compressed<X: Element + Real>(context: &Context<'_>) -> Result<(), Error> {
    let params = context.params()?;
    match context.input(1)?.info.dtype {
        DType::F16 => float::<X, f16>(context, params, |op| {
            conv2d::f32_in_parts(op, context.crew())
        }),
        DType::I8 => float::<X, i8>(context, params, |op| {
            conv2d::f32_in_parts(op, context.crew())
        }),
        _ => Err(Error::KernelContract),
    }
}

fn float<X: Element + Real, W: Element + Widen>(
    context: &Context<'_>,
    params: Conv2dF32,
    run: impl Fn(&conv2d::F32<'_, X, W>) -> cadet_kernels::Result,
) -> Result<(), Error> {
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
            sum: None,
            output,
        })
    })
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    integers(context, context.params()?, None, canonical)
}

/// And what the output holds.
pub(crate) fn added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, canonical)
}

/// With weights in blocks.
pub(crate) fn blocked_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(
        context,
        context.params()?,
        None,
        conv2d::blocked::i8_in_parts,
    )
}

/// As [`added_i8`], with weights in blocks.
pub(crate) fn blocked_added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, conv2d::blocked::i8_in_parts)
}

/// With weights in blocks, in pairs.
pub(crate) fn pairs_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(
        context,
        context.params()?,
        None,
        conv2d::blocked::i8_pairs_in_parts,
    )
}

/// As [`added_i8`], with weights in blocks, in pairs.
pub(crate) fn pairs_added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, conv2d::blocked::i8_pairs_in_parts)
}

/// A kernel in int8, whatever the layout of the weights.
pub(super) type Integers = fn(&conv2d::I8<'_>, Isa, Option<Crew<'_>>) -> cadet_kernels::Result;

/// That on canonical weights.
pub(super) fn canonical(
    op: &conv2d::I8<'_>,
    _: Isa,
    crew: Option<Crew<'_>>,
) -> cadet_kernels::Result {
    conv2d::i8_in_parts(op, crew)
}

fn added(context: &Context<'_>, run: Integers) -> Result<(), Error> {
    let Conv2dAddI8 { layer, sum } = context.params()?;
    integers(context, layer, Some(&sum::i8(context, &sum)?), run)
}

fn integers(
    context: &Context<'_>,
    params: Conv2dI8,
    sum: Option<&Sum>,
    run: Integers,
) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant()?;
    let bias = optional(context, 2)?;
    let multipliers = multipliers(context, 3)?;
    let weight_zero_points = optional(context, 4)?;
    each_example(&input, &output, |input, output| {
        let op = conv2d::I8 {
            window,
            groups: params.groups as usize,
            input,
            weights,
            bias,
            multipliers,
            weight_zero_points,
            quant: quant(&params.quant),
            sum,
            output,
        };
        run(&op, context.isa(), context.crew())
    })
}
