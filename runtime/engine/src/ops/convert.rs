//! From the format's plain records to the kernels' types.

use cadet_format::{self as format, Error, Numerics};
use cadet_kernels::requantize::{Multiplier, Multipliers, Quant};
use cadet_kernels::{Axis, Cell, ContractError, Epilogue, Indices, Source, Window, Window3d};

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

pub(super) fn window3d(
    window: &format::Window3d,
    input: &Operand<'_>,
    output: &Operand<'_>,
) -> Result<Window3d, Error> {
    let triple = |extents: [u32; 3]| extents.map(|extent| extent as usize);
    Ok(Window3d {
        input: input.volume()?,
        output: output.volume()?,
        kernel: triple(window.kernel),
        stride: triple(window.stride),
        dilation: triple(window.dilation),
        pad: triple(window.pad),
    })
}

/// An activation cut into the examples along its first axis.
pub(super) fn examples<'a, T: Element>(
    operand: &Operand<'a>,
) -> Result<impl Iterator<Item = &'a [Cell<T>]>, Error> {
    let cells = operand.cells()?;
    let count = operand.info.dims.first().copied().unwrap_or(0) as usize;
    match cells.len().checked_div(count) {
        None | Some(0) => Err(Error::KernelContract),
        // Not `chunks_exact`, whose division by the length keeps a panic in the image of a device.
        Some(length) => Ok((0..count).filter_map(move |example| {
            let start = example.checked_mul(length)?;
            cells.get(start..start.checked_add(length)?)
        })),
    }
}

/// Calls `kernel` with each example of the input and its place in the output.
pub(super) fn each_example<'a, X: Element, Y: Element>(
    input: &Operand<'a>,
    output: &Operand<'a>,
    kernel: impl Fn(&'a [Cell<X>], &'a [Cell<Y>]) -> Result<(), ContractError>,
) -> Result<(), Error> {
    same_batch(input, output)?;
    for (input, output) in examples(input)?.zip(examples(output)?) {
        kernel(input, output).map_err(contract)?;
    }
    Ok(())
}

/// Checks that both hold as many examples.
pub(super) fn same_batch(a: &Operand<'_>, b: &Operand<'_>) -> Result<(), Error> {
    if a.info.dims.first() == b.info.dims.first() {
        Ok(())
    } else {
        Err(Error::KernelContract)
    }
}

/// Bias (input 2), scales of the weights (input 3) and clamp of a float layer.
pub(super) fn epilogue<'a>(
    context: &Context<'a>,
    clamp: &format::ClampF32,
) -> Result<Epilogue<'a>, Error> {
    Ok(Epilogue {
        scales: optional(context, 3)?,
        bias: optional(context, 2)?,
        clamp: self::clamp(clamp),
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
        Numerics::TfliteSingle => Err(Error::BadStep),
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
        Numerics::TfliteSingle => bytemuck::try_cast_slice(operand.constant::<i32>()?)
            .map(Multipliers::TfliteSingle)
            .map_err(|_| Error::KernelContract),
        Numerics::None => Err(Error::BadStep),
    }
}

/// Product of extents; one that overflows fits no operand.
pub(super) fn product(extents: &[usize]) -> usize {
    extents.iter().fold(1, |n, &e| n.saturating_mul(e))
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

/// An input that may be left out, and may be an activation or a constant.
pub(super) fn optional_source<'a, T: Element>(
    context: &Context<'a>,
    input: usize,
) -> Result<Option<Source<'a, T>>, Error> {
    context
        .optional_input(input)?
        .map(|operand| operand.source())
        .transpose()
}

/// Checks that both have one element type.
pub(super) fn same_type(a: &Operand<'_>, b: &Operand<'_>) -> Result<(), Error> {
    if a.info.dtype == b.info.dtype {
        Ok(())
    } else {
        Err(Error::KernelContract)
    }
}

/// One axis of an operand.
pub(super) fn axis(operand: &Operand<'_>, axis: u32) -> Result<Axis, Error> {
    Axis::of(&operand.extents()?, axis as usize).map_err(contract)
}

/// An operand of indices.
pub(super) fn indices<'a>(operand: &Operand<'a>) -> Result<Indices<'a>, Error> {
    match operand.info.dtype {
        format::DType::I32 => operand.source().map(Indices::I32),
        format::DType::I64 => operand.source().map(Indices::I64),
        format::DType::F32 => operand.source().map(Indices::F32),
        _ => Err(Error::KernelContract),
    }
}
