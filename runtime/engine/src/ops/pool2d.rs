use cadet_format::{AveragePool2dF32, AveragePool2dI8, Error, MaxPool2d};
use cadet_kernels::{average_pool2d, max_pool2d};

use super::convert::{contract, multiplier, quant, window};
use crate::Context;

pub(crate) fn max_f32(context: &Context<'_>) -> Result<(), Error> {
    let params: MaxPool2d = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    max_pool2d::f32(&window, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn max_i8(context: &Context<'_>) -> Result<(), Error> {
    let params: MaxPool2d = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let window = window(&params.window, &input, &output)?;
    max_pool2d::i8(&window, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn average_f32(context: &Context<'_>) -> Result<(), Error> {
    let params: AveragePool2dF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    average_pool2d::f32(&average_pool2d::F32 {
        window: window(&params.window, &input, &output)?,
        count_padding: params.count_padding != 0,
        input: input.cells()?,
        output: output.cells()?,
    })
    .map_err(contract)
}

pub(crate) fn average_i8(context: &Context<'_>) -> Result<(), Error> {
    let params: AveragePool2dI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    average_pool2d::i8(&average_pool2d::I8 {
        window: window(&params.window, &input, &output)?,
        count_padding: params.count_padding != 0,
        input: input.cells()?,
        quant: quant(&params.quant),
        multiplier: multiplier(context, params.multiplier)?,
        output: output.cells()?,
    })
    .map_err(contract)
}
