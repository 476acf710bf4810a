//! Steps along one axis.

use bytemuck::Pod;
use cadet_format::{ArgMax, Cumulative, Error, TopK};
use cadet_kernels::{Number, arg_max as searching, cumulative as running, top_k as selecting};

use super::convert::{axis, contract, same_type};
use crate::Context;

pub(crate) fn cumulative<T: Number + Pod>(context: &Context<'_>) -> Result<(), Error> {
    let params: Cumulative = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    same_type(&input, &output)?;
    running::run::<T>(&running::Cumulative {
        axis: axis(&input, params.axis)?,
        product: params.product != 0,
        exclusive: params.exclusive != 0,
        reverse: params.reverse != 0,
        input: input.raw_cells()?,
        output: output.raw_cells()?,
    })
    .map_err(contract)
}

pub(crate) fn top_k<T: Number + Pod>(context: &Context<'_>) -> Result<(), Error> {
    let params: TopK = context.params()?;
    let (input, values) = (context.input(0)?, context.output(0)?);
    same_type(&input, &values)?;
    selecting::find::<T>(&selecting::TopK {
        axis: axis(&input, params.axis)?,
        k: axis(&values, params.axis)?.length,
        largest: params.largest != 0,
        input: input.raw_cells()?,
        values: values.raw_cells()?,
        indices: context.output(1)?.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn arg_max<T: Number + Pod>(context: &Context<'_>) -> Result<(), Error> {
    let params: ArgMax = context.params()?;
    let input = context.input(0)?;
    searching::find::<T>(&searching::ArgMax {
        axis: axis(&input, params.axis)?,
        least: params.least != 0,
        last: params.last != 0,
        input: input.raw_cells()?,
        output: context.output(0)?.cells()?,
    })
    .map_err(contract)
}
