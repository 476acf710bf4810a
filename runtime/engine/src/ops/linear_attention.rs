use cadet_format::{Error, LinearAttention};
use cadet_kernels::linear_attention as kernel;

use super::convert::{contract, optional_source};
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: LinearAttention = context.params()?;
    let (query, state) = (context.input(0)?, context.output(1)?);
    let (&[batch, steps, _], &[_, heads, key_size, value_size]) =
        (query.info.dims, state.info.dims)
    else {
        return Err(Error::KernelContract);
    };
    kernel::f32(&kernel::F32 {
        batch: batch as usize,
        steps: steps as usize,
        query_heads: params.query_heads as usize,
        heads: heads as usize,
        key_size: key_size as usize,
        value_size: value_size as usize,
        scale: params.scale,
        query: query.source()?,
        key: context.input(1)?.source()?,
        value: context.input(2)?.source()?,
        initial_state: optional_source(context, 3)?,
        decay: optional_source(context, 4)?,
        beta: optional_source(context, 5)?,
        output: context.output(0)?.cells()?,
        state: state.cells()?,
    })
    .map_err(contract)
}
