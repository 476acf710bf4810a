use cadet_format::{Error, MulI8};
use cadet_kernels::mul;

use super::convert::{contract, multiplier, quant};
use super::pair::Operands;
use crate::Context;

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: MulI8 = context.params()?;
    let operands = Operands::of(context)?;
    mul::i8(&mul::I8 {
        pair: operands.pair()?,
        quant: quant(&params.quant),
        b_zero_point: params.b_zero_point,
        multiplier: multiplier(context, params.multiplier)?,
    })
    .map_err(contract)
}
