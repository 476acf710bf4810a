//! Sums at the end of layers, with what lies where the output goes.

use cadet_format::{AddF32, AddI8, Error, Multiplier, Numerics, SUMMAND};
use cadet_kernels::add::{Scaling, Sum};

use super::convert::{clamp, numerics, quant};
use crate::Context;

/// Bounds of a layer's sum.
pub(super) fn f32(context: &Context<'_>, params: &AddF32) -> Result<Option<[f32; 2]>, Error> {
    check_summand(context)?;
    Ok(Some(clamp(&params.clamp)))
}

/// How a layer's result is added.
pub(super) fn i8(context: &Context<'_>, params: &AddI8) -> Result<Sum, Error> {
    check_summand(context)?;
    of(context, params)
}

/// How elements are added.
pub(super) fn of(context: &Context<'_>, params: &AddI8) -> Result<Sum, Error> {
    let ratio = |m: Multiplier| f32::from_bits(m.bits as u32);
    let q31 = |m: Multiplier| [m.bits, m.shift];
    let scaling = match numerics(context)? {
        Numerics::Onnx => Scaling::Onnx {
            a: ratio(params.a),
            b: ratio(params.b),
        },
        Numerics::Tflite | Numerics::TfliteSingle => Scaling::Tflite {
            left_shift: params.left_shift,
            a: q31(params.a),
            b: q31(params.b),
            y: q31(params.y),
        },
        Numerics::None => return Err(Error::BadStep),
    };
    Ok(Sum {
        quant: quant(&params.quant),
        b_zero_point: params.b_zero_point,
        scaling,
    })
}

/// The other summand has to lie where the output goes.
fn check_summand(context: &Context<'_>) -> Result<(), Error> {
    let (summand, output) = (context.input(SUMMAND)?, context.output(0)?);
    let (held, made) = (summand.byte_cells()?, output.byte_cells()?);
    let is_same = held.as_ptr() == made.as_ptr() && held.len() == made.len();
    match is_same && summand.info.dtype == output.info.dtype {
        true => Ok(()),
        false => Err(Error::KernelContract),
    }
}
