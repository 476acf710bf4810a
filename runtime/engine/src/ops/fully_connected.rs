use cadet_format::{
    ClampF32, DType, Error, FullyConnectedAddF32, FullyConnectedAddI8, FullyConnectedF32,
    FullyConnectedI8,
};
use cadet_kernels::add::Sum;
use cadet_kernels::fully_connected::{self, Extents};
use cadet_kernels::{Real, Weight, Widen, Window, conv2d, f16};

use super::conv2d::{Integers, canonical};
use super::convert::{contract, epilogue, multipliers, optional, quant};
use super::sum;
use crate::{Context, Element, Operand};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    float::<f32, f32>(context)
}

/// Activations in `X`, weights in whatever the second input has.
pub(crate) fn compressed<X: Element + Real>(context: &Context<'_>) -> Result<(), Error> {
    match context.input(1)?.info.dtype {
        DType::F16 => float::<X, f16>(context),
        DType::I8 => float::<X, i8>(context),
        _ => Err(Error::KernelContract),
    }
}

fn float<X: Element + Real, W: Element + Widen>(context: &Context<'_>) -> Result<(), Error> {
    let params: FullyConnectedF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    fully_connected::f32(&fully_connected::F32 {
        extents: extents(&input, &output)?,
        input: input.cells::<X>()?,
        weights: context.input(1)?.constant::<W>()?,
        epilogue: epilogue(context, &params.clamp)?,
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

/// With weights in blocks: a convolution with a window of one pixel.
pub(crate) fn blocked_f32(context: &Context<'_>) -> Result<(), Error> {
    let FullyConnectedF32 { clamp } = context.params()?;
    blocked_float::<f32>(context, &clamp, None)
}

/// And what the output holds.
pub(crate) fn blocked_added_f32(context: &Context<'_>) -> Result<(), Error> {
    let FullyConnectedAddF32 { layer, sum } = context.params()?;
    blocked_float::<f32>(context, &layer.clamp, sum::f32(context, &sum)?)
}

/// As [`blocked_f32`], weights in whatever the second input has.
pub(crate) fn blocked_compressed(context: &Context<'_>) -> Result<(), Error> {
    let FullyConnectedF32 { clamp } = context.params()?;
    match context.input(1)?.info.dtype {
        DType::F16 => blocked_float::<f16>(context, &clamp, None),
        DType::I8 => blocked_float::<i8>(context, &clamp, None),
        _ => Err(Error::KernelContract),
    }
}

fn blocked_float<W: Element + Weight>(
    context: &Context<'_>,
    clamp: &ClampF32,
    sum: Option<[f32; 2]>,
) -> Result<(), Error> {
    let op = layer_f32::<W>(context, clamp, sum)?;
    conv2d::blocked::f32_in_parts(&op, context.isa(), context.crew()).map_err(contract)
}

/// A convolution with a window of one pixel.
fn layer_f32<'a, W: Element>(
    context: &Context<'a>,
    clamp: &ClampF32,
    sum: Option<[f32; 2]>,
) -> Result<conv2d::F32<'a, f32, W>, Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    Ok(conv2d::F32 {
        window: window(extents(&input, &output)?),
        groups: 1,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        epilogue: epilogue(context, clamp)?,
        sum,
        output: output.cells()?,
    })
}

/// As [`blocked_f32`].
pub(crate) fn blocked_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(
        context,
        context.params()?,
        None,
        conv2d::blocked::i8_in_parts,
    )
}

/// As [`blocked_f32`], in pairs.
pub(crate) fn pairs_i8(context: &Context<'_>) -> Result<(), Error> {
    integers(
        context,
        context.params()?,
        None,
        conv2d::blocked::i8_pairs_in_parts,
    )
}

/// And what the output holds.
pub(crate) fn added_f32(context: &Context<'_>) -> Result<(), Error> {
    let FullyConnectedAddF32 { layer, sum } = context.params()?;
    let op = layer_f32::<f32>(context, &layer.clamp, sum::f32(context, &sum)?)?;
    conv2d::f32_in_parts(&op, context.crew()).map_err(contract)
}

/// As [`added_f32`].
pub(crate) fn added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, canonical)
}

/// As [`added_f32`], with weights in blocks.
pub(crate) fn blocked_added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, conv2d::blocked::i8_in_parts)
}

/// As [`added_f32`], with weights in blocks, in pairs.
pub(crate) fn pairs_added_i8(context: &Context<'_>) -> Result<(), Error> {
    added(context, conv2d::blocked::i8_pairs_in_parts)
}

fn added(context: &Context<'_>, run: Integers) -> Result<(), Error> {
    let FullyConnectedAddI8 { layer, sum } = context.params()?;
    integers(context, layer, Some(&sum::i8(context, &sum)?), run)
}

/// As [`layer_f32`].
fn integers(
    context: &Context<'_>,
    params: FullyConnectedI8,
    sum: Option<&Sum>,
    run: Integers,
) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let op = conv2d::I8 {
        window: window(extents(&input, &output)?),
        groups: 1,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        bias: optional(context, 2)?,
        multipliers: multipliers(context, 3)?,
        weight_zero_points: optional(context, 4)?,
        quant: quant(&params.quant),
        sum,
        output: output.cells()?,
    };
    run(&op, context.isa(), context.crew()).map_err(contract)
}

fn window(extents: Extents) -> Window {
    Window::of_rows(extents.rows, [extents.inputs, extents.outputs])
}

fn extents(input: &Operand<'_>, output: &Operand<'_>) -> Result<Extents, Error> {
    let ([rows, inputs], [_, outputs]) = (input.rows()?, output.rows()?);
    Ok(Extents {
        rows,
        inputs,
        outputs,
    })
}
