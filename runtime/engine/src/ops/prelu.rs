use cadet_format::{Error, PReluI8};
use cadet_kernels::prelu;

use super::convert::{contract, multiplier, quant};
use super::pair::Operands;
use crate::Context;

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: PReluI8 = context.params()?;
    let operands = Operands::of(context)?;
    prelu::i8(&prelu::I8 {
        pair: operands.pair()?,
        quant: quant(&params.quant),
        slope_zero_point: params.slope_zero_point,
        positive: multiplier(context, params.positive)?,
        negative: multiplier(context, params.negative)?,
    })
    .map_err(contract)
}
