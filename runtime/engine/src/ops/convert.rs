//! From the format's plain records to the kernels' types.

use cadet_format::{self as format, Error, Numerics};
use cadet_kernels::requantize::{Multiplier, Multipliers, Quant};
use cadet_kernels::{ContractError, Window};

use crate::{Context, Element, Operand};

/// The only error of kernels.
pub(super) fn contract(_: ContractError) -> Error {
    Error::KernelContract
}

pub(super) fn window(
    window: &format::Window,
    input: &Operand<'_>,
    output: &Operand<'_>,
) -> Result<Window, Error> {
    let pair = |[a, b]: [u32; 2]| [a as usize, b as usize];
    Ok(Window {
        input: input.image()?,
        output: output.image()?,
        kernel: pair(window.kernel),
        stride: pair(window.stride),
        dilation: pair(window.dilation),
        pad: pair(window.pad),
    })
}

pub(super) fn clamp(clamp: &format::ClampF32) -> [f32; 2] {
    [clamp.min, clamp.max]
}

pub(super) fn quant(quant: &format::QuantI8) -> Quant {
    Quant {
        input_zero_point: quant.input_zero_point,
        output_zero_point: quant.output_zero_point,
        min: quant.min,
        max: quant.max,
    }
}

/// Numerics of the kernel that the step names; those of an integer step are always given.
pub(super) fn numerics(context: &Context<'_>) -> Result<Numerics, Error> {
    Numerics::from_u8(context.kernel()?.numerics).ok_or(Error::BadStep)
}

pub(super) fn multiplier(
    context: &Context<'_>,
    m: format::Multiplier,
) -> Result<Multiplier, Error> {
    match numerics(context)? {
        Numerics::Onnx => Ok(Multiplier::Onnx(f32::from_bits(m.bits as u32))),
        Numerics::Tflite => Ok(Multiplier::Tflite(m.bits, m.shift)),
        Numerics::None => Err(Error::BadStep),
    }
}

pub(super) fn multipliers<'a>(
    context: &Context<'a>,
    input: usize,
) -> Result<Multipliers<'a>, Error> {
    let operand = context.input(input)?;
    match numerics(context)? {
        Numerics::Onnx => Ok(Multipliers::Onnx(operand.constant()?)),
        Numerics::Tflite => bytemuck::try_cast_slice(operand.constant::<i32>()?)
            .map(Multipliers::Tflite)
            .map_err(|_| Error::KernelContract),
        Numerics::None => Err(Error::BadStep),
    }
}

/// A constant input that may be left out.
pub(super) fn optional<'a, T: Element>(
    context: &Context<'a>,
    input: usize,
) -> Result<Option<&'a [T]>, Error> {
    context
        .optional_input(input)?
        .map(|operand| operand.constant())
        .transpose()
}
