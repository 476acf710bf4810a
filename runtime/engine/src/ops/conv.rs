use cadet_format::{ConvF32, ConvI8, ConvInteger, Error};
use cadet_kernels::conv::{self, Geometry};

use super::convert::{
    each_example, epilogue, multipliers, optional, optional_source, quant, window3d,
};
use crate::{Context, Element};

pub(crate) fn forward_f32(context: &Context<'_>) -> Result<(), Error> {
    f32(context, false)
}

pub(crate) fn transposed_f32(context: &Context<'_>) -> Result<(), Error> {
    f32(context, true)
}

pub(crate) fn forward_i8(context: &Context<'_>) -> Result<(), Error> {
    i8(context, false)
}

pub(crate) fn transposed_i8(context: &Context<'_>) -> Result<(), Error> {
    i8(context, true)
}

fn f32(context: &Context<'_>, transposed: bool) -> Result<(), Error> {
    let params: ConvF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let geometry = Geometry {
        window: window3d(&params.window, &input, &output)?,
        groups: params.groups as usize,
        transposed,
    };
    let weights = context.input(1)?.constant()?;
    let epilogue = epilogue(context, &params.clamp)?;
    each_example(&input, &output, |input, output| {
        conv::f32(&conv::F32 {
            geometry,
            input,
            weights,
            epilogue,
            output,
        })
    })
}

fn i8(context: &Context<'_>, transposed: bool) -> Result<(), Error> {
    let params: ConvI8 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let geometry = Geometry {
        window: window3d(&params.window, &input, &output)?,
        groups: params.groups as usize,
        transposed,
    };
    let weights = context.input(1)?.constant()?;
    let bias = optional(context, 2)?;
    let multipliers = multipliers(context, 3)?;
    let weight_zero_points = optional(context, 4)?;
    each_example(&input, &output, |input, output| {
        conv::i8(&conv::I8 {
            geometry,
            input,
            weights,
            weight_zero_points,
            bias,
            multipliers,
            quant: quant(&params.quant),
            output,
        })
    })
}

pub(crate) fn integer<X: Element + Into<i32>>(context: &Context<'_>) -> Result<(), Error> {
    let params: ConvInteger = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let geometry = Geometry {
        window: window3d(&params.window, &input, &output)?,
        groups: params.groups as usize,
        transposed: false,
    };
    let weights = context.input(1)?.constant()?;
    let zero_point = optional_source(context, 2)?;
    let weight_zero_points = optional(context, 3)?;
    each_example::<X, i32>(&input, &output, |input, output| {
        conv::integer(&conv::Integer {
            geometry,
            input,
            zero_point,
            weights,
            weight_zero_points,
            output,
        })
    })
}
