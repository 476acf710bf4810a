use cadet_format::{DType, Error, MatMul, MatMulI8};
use cadet_kernels::matmul::{self as kernel, Bytes, Integer, Quantised, Shape};

use super::convert::{contract, multipliers, quant};
use crate::{Context, Operand};

pub(crate) fn f32(context: &Context<'_>) -> Result<(), Error> {
    let params: MatMul = context.params()?;
    with_shape(context, &params, |shape| {
        let (a, b, output) = (context.input(0)?, context.input(1)?, context.output(0)?);
        let (a, b, output) = (a.source()?, b.source()?, output.cells()?);
        kernel::f32(&kernel::F32 {
            shape,
            a,
            b,
            output,
        })
        .map_err(contract)
    })
}

/// 8-bit operands, i32 output.
pub(crate) fn integer(context: &Context<'_>) -> Result<(), Error> {
    let params: MatMul = context.params()?;
    with_shape(context, &params, |shape| {
        let output = context.output(0)?.cells()?;
        kernel::i32(&operands(context, shape)?, output).map_err(contract)
    })
}

/// 8-bit operands and output.
pub(crate) fn quantised(context: &Context<'_>) -> Result<(), Error> {
    let params: MatMulI8 = context.params()?;
    with_shape(context, &params.matmul, |shape| {
        let output = context.output(0)?;
        let result = Quantised {
            multipliers: multipliers(context, 4)?,
            quant: quant(&params.quant),
            unsigned: unsigned(&output)?,
            output: output.raw_cells()?,
        };
        kernel::quantised(&operands(context, shape)?, &result).map_err(contract)
    })
}

/// Calls `f` with the extents of the operands, which live on the stack.
fn with_shape(
    context: &Context<'_>,
    params: &MatMul,
    f: impl FnOnce(Shape<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    f(Shape {
        a: &context.input(0)?.extents()?,
        b: &context.input(1)?.extents()?,
        output: &context.output(0)?.extents()?,
        transpose_a: params.transpose_a != 0,
        transpose_b: params.transpose_b != 0,
    })
}

fn operands<'a>(context: &Context<'a>, shape: Shape<'a>) -> Result<Integer<'a>, Error> {
    Ok(Integer {
        shape,
        a: bytes(context, 0, 2)?,
        b: bytes(context, 1, 3)?,
    })
}

fn bytes<'a>(
    context: &Context<'a>,
    elements: usize,
    zero_points: usize,
) -> Result<Bytes<'a>, Error> {
    let operand = context.input(elements)?;
    let zero_points = context.optional_input(zero_points)?;
    let same_type = |z: &Operand<'_>| z.info.dtype == operand.info.dtype;
    if !zero_points.as_ref().is_none_or(same_type) {
        return Err(Error::KernelContract);
    }
    Ok(Bytes {
        unsigned: unsigned(&operand)?,
        elements: operand.raw_source()?,
        zero_points: zero_points.map(|z| z.raw_source()).transpose()?,
    })
}

fn unsigned(operand: &Operand<'_>) -> Result<bool, Error> {
    match operand.info.dtype {
        DType::U8 => Ok(true),
        DType::I8 => Ok(false),
        _ => Err(Error::KernelContract),
    }
}
