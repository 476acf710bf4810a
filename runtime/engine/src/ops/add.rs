use cadet_format::{AddF32, AddI8, Error};
use cadet_kernels::add;
use cadet_kernels::binary::{self, Function};

use super::convert::{clamp, contract};
use super::pair::Operands;
use super::sum;
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: AddF32 = context.params()?;
    let operands = Operands::of(context)?;
    let clamp = clamp(&params.clamp);
    binary::f32_in_parts(Function::Add, clamp, &operands.pair()?, context.crew()).map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: AddI8 = context.params()?;
    let operands = Operands::of(context)?;
    let op = add::I8 {
        pair: operands.pair()?,
        sum: sum::of(context, &params)?,
    };
    add::i8_in_parts(&op, context.isa(), context.crew()).map_err(contract)
}
