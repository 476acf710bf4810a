use cadet_format::{Error, Numerics, SoftmaxI8};
use cadet_kernels::softmax::{self, Scaling};

use super::convert::{contract, numerics};
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let [_, length] = input.rows()?;
    softmax::f32(length, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn masked_f32(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let [_, length] = input.rows()?;
    softmax::masked_f32(length, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn log_f32(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let [_, length] = input.rows()?;
    softmax::log_f32(length, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn hard_f32(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let [_, length] = input.rows()?;
    softmax::hard_f32(length, input.cells()?, output.cells()?).map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: SoftmaxI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let [_, length] = input.rows()?;
    let scaling = match numerics(context)? {
        Numerics::Onnx => Scaling::Onnx {
            input: f32::from_bits(params.input.bits as u32),
            output: params.output.scale,
            zero_point: params.output.zero_point,
        },
        Numerics::Tflite => Scaling::Tflite {
            multiplier: params.input.bits,
            shift: params.input.shift,
            diff_min: params.diff_min,
        },
        Numerics::None | Numerics::TfliteSingle => return Err(Error::BadStep),
    };
    softmax::i8(length, scaling, input.cells()?, output.cells()?).map_err(contract)
}
