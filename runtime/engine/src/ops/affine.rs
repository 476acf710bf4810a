use cadet_format::{Affine, Error, RequantizeI8};
use cadet_kernels::{Integer, affine};

use super::convert::{contract, multiplier, quant};
use crate::{Context, Element};

pub(crate) fn quantize<Q: Element + Integer>(context: &Context<'_>) -> Result<(), Error> {
    let params: Affine = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    affine::quantize(
        params.scale,
        params.zero_point,
        input.cells()?,
        output.cells::<Q>()?,
    )
    .map_err(contract)
}

pub(crate) fn dequantize<Q: Element + Integer>(context: &Context<'_>) -> Result<(), Error> {
    let params: Affine = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    affine::dequantize(
        params.scale,
        params.zero_point,
        input.cells::<Q>()?,
        output.cells()?,
    )
    .map_err(contract)
}

pub(crate) fn requantize(context: &Context<'_>) -> Result<(), Error> {
    let params: RequantizeI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let multiplier = multiplier(context, params.multiplier)?;
    affine::requantize(
        &quant(&params.quant),
        multiplier,
        input.cells()?,
        output.cells()?,
    )
    .map_err(contract)
}
