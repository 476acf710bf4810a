use cadet_format::{CachedAttention, Error};
use cadet_kernels::cached_attention as kernel;

use super::convert::contract;
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: CachedAttention = context.params()?;
    let keys = context.output(1)?;
    let &[heads, size, room] = keys.info.dims else {
        return Err(Error::KernelContract);
    };
    let position = context.scalar(params.position as usize);
    let op = kernel::F32 {
        query_heads: params.query_heads as usize,
        heads: heads as usize,
        size: size as usize,
        context: room as usize,
        position: position.ok_or(Error::KernelContract)? as usize,
        scale: params.scale,
        query: context.input(0)?.cells()?,
        key: context.input(1)?.cells()?,
        value: context.input(2)?.cells()?,
        keys: keys.cells()?,
        values: context.output(2)?.cells()?,
        output: context.output(0)?.cells()?,
        scratch: context.output(3)?.cells()?,
    };
    kernel::f32(&op, context.isa()).map_err(contract)
}
