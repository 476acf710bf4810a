use cadet_format::{AveragePool, Error, LpPool, MaxPool, MaxUnpool};
use cadet_kernels::{Maximum, max_unpool, pool};

use super::convert::{contract, each_example, examples, same_batch, window3d};
use crate::{Context, Element};

pub(crate) fn max<T: Element + Maximum>(context: &Context<'_>) -> Result<(), Error> {
    let params: MaxPool = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window3d(&params.window, &input, &output)?;
    let indices = context.optional_output(1)?;
    for operand in [Some(&output), indices.as_ref()].into_iter().flatten() {
        same_batch(&input, operand)?;
    }
    let mut places = indices.as_ref().map(examples).transpose()?;
    let mut first = 0;
    for (input, output) in examples::<T>(&input)?.zip(examples(&output)?) {
        let places = places.as_mut().and_then(Iterator::next);
        pool::max(&pool::Max {
            window,
            input,
            indices: places.map(|output| pool::Indices {
                first,
                column_major: params.column_major != 0,
                output,
            }),
            output,
        })
        .map_err(contract)?;
        first += input.len();
    }
    Ok(())
}

pub(crate) fn average(context: &Context<'_>) -> Result<(), Error> {
    let params: AveragePool = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window3d(&params.window, &input, &output)?;
    let pad_end = params.pad_end.map(|pad| pad as usize);
    each_example(&input, &output, |input, output| {
        pool::average(&pool::Average {
            window,
            counted_padding: (params.count_padding != 0).then_some(pad_end),
            input,
            output,
        })
    })
}

pub(crate) fn lp(context: &Context<'_>) -> Result<(), Error> {
    let params: LpPool = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window3d(&params.window, &input, &output)?;
    each_example(&input, &output, |input, output| {
        pool::lp(&pool::Lp {
            window,
            p: params.p,
            input,
            output,
        })
    })
}

pub(crate) fn unpool(context: &Context<'_>) -> Result<(), Error> {
    let params: MaxUnpool = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let output_shape = output.extents()?;
    let shape = params.shape.map(|extent| extent as usize);
    max_unpool::f32(&max_unpool::Unpool {
        shape: shape
            .get(..output_shape.len())
            .ok_or(Error::KernelContract)?,
        output_shape: &output_shape,
        input: input.cells()?,
        indices: context.input(1)?.source()?,
        output: output.cells()?,
    })
    .map_err(contract)
}
