use cadet_format::{AveragePool2dF32, AveragePool2dI8, Error, MaxPool2d};
use cadet_kernels::{Maximum, Real, average_pool2d, max_pool2d};

use super::convert::{each_example, multiplier, quant, window};
use crate::{Context, Element};

pub(crate) fn max<T: Element + Maximum>(context: &Context<'_>) -> Result<(), Error> {
    let params: MaxPool2d = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    each_example::<T, T>(&input, &output, |input, output| {
        max_pool2d::in_parts(&window, input, output, context.crew())
    })
}

pub(crate) fn average_float<X: Element + Real>(context: &Context<'_>) -> Result<(), Error> {
    let params: AveragePool2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    each_example::<X, X>(&input, &output, |input, output| {
        let op = average_pool2d::F32 {
            window,
            count_padding: params.count_padding != 0,
            input,
            output,
        };
        average_pool2d::f32_in_parts(&op, context.crew())
    })
}

pub(crate) fn average_i8(context: &Context<'_>) -> Result<(), Error> {
    let params: AveragePool2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    let multiplier = multiplier(context, params.multiplier)?;
    each_example(&input, &output, |input, output| {
        let op = average_pool2d::I8 {
            window,
            count_padding: params.count_padding != 0,
            input,
            quant: quant(&params.quant),
            multiplier,
            output,
        };
        average_pool2d::i8_in_parts(&op, context.crew())
    })
}
