use cadet_format::{Error, Recurrent, UnaryF32};
use cadet_kernels::recurrent::{Gru, Lstm, Rnn, Sequence};
use cadet_kernels::unary::Function;

use super::convert::{contract, optional, optional_source};
use super::unary::function;
use crate::Context;

pub(crate) fn lstm(context: &Context<'_>) -> Result<(), Error> {
    let params: Recurrent = context.params()?;
    Lstm {
        sequence: sequence(context, &params, 3)?,
        input_forget: params.variant != 0,
        peepholes: optional(context, 7)?,
        initial_cell: optional_source(context, 6)?,
        last_cell: context.output(2)?.cells()?,
    }
    .run()
    .map_err(contract)
}

pub(crate) fn gru(context: &Context<'_>) -> Result<(), Error> {
    let params: Recurrent = context.params()?;
    Gru {
        sequence: sequence(context, &params, 2)?,
        linear_before_reset: params.variant != 0,
    }
    .run()
    .map_err(contract)
}

pub(crate) fn rnn(context: &Context<'_>) -> Result<(), Error> {
    let params: Recurrent = context.params()?;
    Rnn {
        sequence: sequence(context, &params, 2)?,
    }
    .run()
    .map_err(contract)
}

/// What all layers have; `states` is the number of the output of all hidden states.
fn sequence<'a>(
    context: &Context<'a>,
    params: &Recurrent,
    states: usize,
) -> Result<Sequence<'a>, Error> {
    let (input, recurrence) = (context.input(0)?, context.input(2)?);
    let ([first, second, inputs], [directions, _, hidden]) =
        (dims(input.info.dims)?, dims(recurrence.info.dims)?);
    let batch_first = params.batch_first != 0;
    let (steps, batch) = if batch_first {
        (second, first)
    } else {
        (first, second)
    };
    let output = context.optional_output(states)?;
    Ok(Sequence {
        steps,
        batch,
        inputs,
        hidden,
        directions,
        reverse: params.reverse != 0,
        batch_first,
        activations: activations(&params.activations)?,
        clip: params.clip,
        input: input.cells()?,
        weights: context.input(1)?.constant()?,
        recurrence: recurrence.constant()?,
        bias: optional(context, 3)?,
        lengths: optional_source(context, 4)?,
        initial_hidden: optional_source(context, 5)?,
        output: output.map(|y| y.cells()).transpose()?,
        last_hidden: context.output(1)?.cells()?,
        scratch: context.output(0)?.cells()?,
    })
}

fn activations(codes: &[UnaryF32; 6]) -> Result<[Function; 6], Error> {
    let mut functions = [Function::Tanh; 6];
    for (slot, code) in functions.iter_mut().zip(codes) {
        *slot = function(code)?;
    }
    Ok(functions)
}

fn dims(dims: &[u32]) -> Result<[usize; 3], Error> {
    match *dims {
        [a, b, c] => Ok([a as usize, b as usize, c as usize]),
        _ => Err(Error::KernelContract),
    }
}
