use cadet_format::{AxisAffine, DType, Error};
use cadet_kernels::quantize_linear::{self as kernel, Grain, Grid};
use cadet_kernels::{Integer, dynamic_quantize, flip_sign, product};

use super::convert::{contract, optional_source};
use crate::{Context, Element, Operand};

pub(crate) fn quantize(context: &Context<'_>) -> Result<(), Error> {
    match context.output(0)?.info.dtype {
        DType::I8 => quantize_to::<i8>(context),
        DType::U8 => quantize_to::<u8>(context),
        DType::I16 => quantize_to::<i16>(context),
        _ => Err(Error::KernelContract),
    }
}

fn quantize_to<Q: Element + Integer>(context: &Context<'_>) -> Result<(), Error> {
    let (input, scales) = (context.input(0)?, context.input(1)?);
    kernel::quantize(&kernel::Quantize::<Q> {
        grid: grid(&context.params()?, &input, &scales)?,
        input: input.cells()?,
        scales: scales.source()?,
        zero_points: optional_source(context, 2)?,
        output: context.output(0)?.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn dequantize<Q: Element + Into<i32>>(context: &Context<'_>) -> Result<(), Error> {
    let (input, scales) = (context.input(0)?, context.input(1)?);
    kernel::dequantize(&kernel::Dequantize::<Q> {
        grid: grid(&context.params()?, &input, &scales)?,
        input: input.source()?,
        scales: scales.source()?,
        zero_points: optional_source(context, 2)?,
        output: context.output(0)?.cells()?,
    })
    .map_err(contract)
}

fn grid(params: &AxisAffine, input: &Operand<'_>, scales: &Operand<'_>) -> Result<Grid, Error> {
    let extents = input.extents()?;
    let axis = params.axis as usize;
    let part = |extents: Option<&[usize]>| extents.and_then(product).ok_or(Error::KernelContract);
    let grain = match (scales.info.dims, params.block) {
        (dims, _) if dims.iter().all(|&extent| extent == 1) => Grain::Tensor,
        ([_], 0) => Grain::Axis,
        (_, block) => Grain::Block(block as usize),
    };
    if grain == Grain::Tensor {
        return Ok(Grid {
            outer: 1,
            axis: 1,
            inner: part(Some(&extents))?,
            grain,
        });
    }
    Ok(Grid {
        outer: part(extents.get(..axis))?,
        axis: extents.get(axis).copied().ok_or(Error::KernelContract)?,
        inner: part(extents.get(axis.saturating_add(1)..))?,
        grain,
    })
}

/// Operands: input; output, scale and zero point.
pub(crate) fn dynamic(context: &Context<'_>) -> Result<(), Error> {
    dynamic_quantize::u8(
        context.input(0)?.cells()?,
        context.output(0)?.cells()?,
        context.output(1)?.cells()?,
        context.output(2)?.cells()?,
    )
    .map_err(contract)
}

/// Operands: input of either type; output of the other.
pub(crate) fn flip_sign(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    match (input.info.dtype, output.info.dtype) {
        (DType::I8, DType::U8) | (DType::U8, DType::I8) => {
            flip_sign::flip(input.byte_cells()?, output.byte_cells()?).map_err(contract)
        }
        _ => Err(Error::KernelContract),
    }
}
