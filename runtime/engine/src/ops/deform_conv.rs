use cadet_format::{DeformConvF32, Error};
use cadet_kernels::{Epilogue, deform_conv};

use super::convert::{clamp, contract, examples, optional, same_batch, window};
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: DeformConvF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    let (offsets, mask) = (context.input(3)?, context.optional_input(4)?);
    let window = window(&params.window, &input, &output)?;
    let weights = context.input(1)?.constant()?;
    let epilogue = Epilogue {
        scales: None,
        bias: optional(context, 2)?,
        clamp: clamp(&params.clamp),
    };
    for operand in [Some(&output), Some(&offsets), mask.as_ref()]
        .into_iter()
        .flatten()
    {
        same_batch(&input, operand)?;
    }
    let mut masks = mask.as_ref().map(examples).transpose()?;
    let operands = examples(&input)?
        .zip(examples(&offsets)?)
        .zip(examples(&output)?);
    for ((input, offsets), output) in operands {
        deform_conv::f32(&deform_conv::F32 {
            window,
            groups: params.groups as usize,
            offset_groups: params.offset_groups as usize,
            input,
            weights,
            offsets,
            mask: masks.as_mut().and_then(Iterator::next),
            epilogue,
            output,
        })
        .map_err(contract)?;
    }
    Ok(())
}
