use cadet_format::{Error, Rotary};
use cadet_kernels::rotary as kernel;

use super::convert::contract;
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: Rotary = context.params()?;
    let (input, cosines) = (context.input(0)?, context.input(1)?);
    let ([_, a_token], [_, pairs]) = (input.rows()?, cosines.rows()?);
    let heads = params.heads as usize;
    let size = a_token.checked_div(heads).ok_or(Error::KernelContract)?;
    let position = context.scalar(params.position as usize);
    kernel::f32(&kernel::F32 {
        heads,
        size,
        pairs,
        is_interleaved: params.interleaved != 0,
        position: position.ok_or(Error::KernelContract)? as usize,
        input: input.cells()?,
        cosines: cosines.constant()?,
        sines: context.input(2)?.constant()?,
        output: context.output(0)?.cells()?,
    })
    .map_err(contract)
}
