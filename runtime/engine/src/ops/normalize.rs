use cadet_format::{Error, LocalResponseNorm, Normalize, NormalizeKind};
use cadet_kernels::local_response_norm as local;
use cadet_kernels::normalize::{self as kernel, Broadcast, Kind};

use super::convert::{contract, product};
use crate::{Context, Operand};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: Normalize = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (scale, bias) = (context.optional_input(1)?, context.optional_input(2)?);
    let statistic = |index| {
        let output = context.optional_output(index)?;
        output.map(|s| s.cells()).transpose()
    };
    let extents = |operand: &Option<Operand<'_>>| {
        let extents = operand.as_ref().map(Operand::extents).transpose()?;
        Ok(extents.unwrap_or_default())
    };
    let (scale_extents, bias_extents) = (extents(&scale)?, extents(&bias)?);
    kernel::f32(&kernel::F32 {
        extents: &input.extents()?,
        axes: params.axes,
        kind: kind(params.kind)?,
        epsilon: params.epsilon,
        input: input.cells()?,
        scale: broadcast(&scale, &scale_extents)?,
        bias: broadcast(&bias, &bias_extents)?,
        output: output.cells()?,
        mean: statistic(1)?,
        inverse_deviation: statistic(2)?,
    })
    .map_err(contract)
}

fn broadcast<'a>(
    operand: &Option<Operand<'a>>,
    extents: &'a [usize],
) -> Result<Option<Broadcast<'a>>, Error> {
    let Some(operand) = operand else {
        return Ok(None);
    };
    Ok(Some(Broadcast {
        extents,
        elements: operand.source()?,
    }))
}

fn kind(code: u32) -> Result<Kind, Error> {
    let kind = NormalizeKind::from_u32(code).ok_or(Error::KernelContract)?;
    Ok(match kind {
        NormalizeKind::Standard => Kind::Standard,
        NormalizeKind::RootMeanSquare => Kind::RootMeanSquare,
        NormalizeKind::L1 => Kind::L1,
        NormalizeKind::L2 => Kind::L2,
    })
}

pub(crate) fn local_response(context: &Context<'_>) -> Result<(), Error> {
    let params: LocalResponseNorm = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let extents = input.extents()?;
    let Some((before, [length, behind @ ..])) = extents.split_at_checked(params.axis as usize)
    else {
        return Err(Error::KernelContract);
    };
    local::f32(&local::F32 {
        outer: product(before),
        length: *length,
        inner: product(behind),
        size: params.size as usize,
        alpha: params.alpha,
        beta: params.beta,
        bias: params.bias,
        input: input.cells()?,
        output: output.cells()?,
    })
    .map_err(contract)
}
