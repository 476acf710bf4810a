use cadet_format::{Error, TranscendentalFunction, UnaryF32, UnaryFunction};
use cadet_kernels::{table as lookup, transcendental as wide, unary as plain};

use super::convert::contract;
use crate::Context;

pub(crate) fn unary(context: &Context<'_>) -> Result<(), Error> {
    let params: UnaryF32 = context.params()?;
    let (input, output) = (context.input(0)?, context.output(0)?);
    plain::f32(function(&params)?, input.cells()?, output.cells()?).map_err(contract)
}

/// The function that a record of code and parameters stands for.
pub(super) fn function(params: &UnaryF32) -> Result<plain::Function, Error> {
    use plain::Function;
    let UnaryF32 {
        function,
        alpha,
        beta,
    } = *params;
    Ok(
        match UnaryFunction::from_u32(function).ok_or(Error::KernelContract)? {
            UnaryFunction::Clamp => Function::Clamp(alpha, beta),
            UnaryFunction::LeakyRelu => Function::LeakyRelu(alpha),
            UnaryFunction::Sigmoid => Function::Sigmoid,
            UnaryFunction::Tanh => Function::Tanh,
            UnaryFunction::Exp => Function::Exp,
            UnaryFunction::Abs => Function::Abs,
            UnaryFunction::Neg => Function::Neg,
            UnaryFunction::Sign => Function::Sign,
            UnaryFunction::Reciprocal => Function::Reciprocal,
            UnaryFunction::Sqrt => Function::Sqrt,
            UnaryFunction::Ceil => Function::Ceil,
            UnaryFunction::Floor => Function::Floor,
            UnaryFunction::Round => Function::Round,
            UnaryFunction::Softsign => Function::Softsign,
            UnaryFunction::HardSigmoid => Function::HardSigmoid(alpha, beta),
            UnaryFunction::HardSwish => Function::HardSwish,
            UnaryFunction::ThresholdedRelu => Function::ThresholdedRelu(alpha),
            UnaryFunction::Shrink => Function::Shrink {
                lambd: alpha,
                bias: beta,
            },
        },
    )
}

pub(crate) fn transcendental(context: &Context<'_>) -> Result<(), Error> {
    use wide::Function;
    let UnaryF32 {
        function,
        alpha,
        beta,
    } = context.params()?;
    let function = match TranscendentalFunction::from_u32(function).ok_or(Error::KernelContract)? {
        TranscendentalFunction::Log => Function::Log,
        TranscendentalFunction::Sin => Function::Sin,
        TranscendentalFunction::Cos => Function::Cos,
        TranscendentalFunction::Tan => Function::Tan,
        TranscendentalFunction::Asin => Function::Asin,
        TranscendentalFunction::Acos => Function::Acos,
        TranscendentalFunction::Atan => Function::Atan,
        TranscendentalFunction::Sinh => Function::Sinh,
        TranscendentalFunction::Cosh => Function::Cosh,
        TranscendentalFunction::Asinh => Function::Asinh,
        TranscendentalFunction::Acosh => Function::Acosh,
        TranscendentalFunction::Atanh => Function::Atanh,
        TranscendentalFunction::Erf => Function::Erf,
        TranscendentalFunction::Gelu => Function::Gelu,
        TranscendentalFunction::GeluTanh => Function::GeluTanh,
        TranscendentalFunction::Softplus => Function::Softplus,
        TranscendentalFunction::Mish => Function::Mish,
        TranscendentalFunction::Swish => Function::Swish(alpha),
        TranscendentalFunction::Elu => Function::Elu(alpha),
        TranscendentalFunction::Selu => Function::Selu(alpha, beta),
        TranscendentalFunction::Celu => Function::Celu(alpha),
    };
    let (input, output) = (context.input(0)?, context.output(0)?);
    wide::f32(function, input.cells()?, output.cells()?).map_err(contract)
}

/// Operands: input, table of 256 entries; output.
pub(crate) fn table(context: &Context<'_>) -> Result<(), Error> {
    let (input, output) = (context.input(0)?, context.output(0)?);
    let table = context.input(1)?.constant()?;
    lookup::i8(table, input.cells()?, output.cells()?).map_err(contract)
}
