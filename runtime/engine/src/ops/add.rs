use cadet_format::{AddF32, AddI8, Error, Multiplier, Numerics};
use cadet_kernels::add::{self, Scaling};
use cadet_kernels::binary::{self, Function};

use super::convert::{clamp, contract, numerics, quant};
use super::pair::Operands;
use crate::Context;

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: AddF32 = context.params()?;
    let operands = Operands::of(context)?;
    let clamp = clamp(&params.clamp);
    binary::f32_in_parts(Function::Add, clamp, &operands.pair()?, context.crew()).map_err(contract)
}

pub(crate) fn i8(context: &Context<'_>) -> Result<(), Error> {
    let params: AddI8 = context.params()?;
    let ratio = |m: Multiplier| f32::from_bits(m.bits as u32);
    let q31 = |m: Multiplier| [m.bits, m.shift];
    let scaling = match numerics(context)? {
        Numerics::Onnx => Scaling::Onnx {
            a: ratio(params.a),
            b: ratio(params.b),
        },
        Numerics::Tflite => Scaling::Tflite {
            left_shift: params.left_shift,
            a: q31(params.a),
            b: q31(params.b),
            y: q31(params.y),
        },
        Numerics::None | Numerics::TfliteSingle => return Err(Error::BadStep),
    };
    let operands = Operands::of(context)?;
    let op = add::I8 {
        pair: operands.pair()?,
        quant: quant(&params.quant),
        b_zero_point: params.b_zero_point,
        scaling,
    };
    add::i8_in_parts(&op, context.isa(), context.crew()).map_err(contract)
}
