//! Layers by a crew, by rows.

use super::{F32, I8, f32_by, i8_by};
use crate::parts::{Crew, Work, by_rows};
use crate::{Isa, Result, Weight};

/// [`f32_by`], shared out among a crew where that is worth it.
///
/// # Errors
/// As there.
pub fn f32_in_parts<W: Weight>(op: &F32<'_, f32, W>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return f32_by(op, isa);
    };
    let operands = (&op.window, op.input, op.output);
    let work = Work::channelwise(&op.window, isa);
    by_rows(crew, work, operands, |window, input, output| {
        let part = F32 {
            window,
            input,
            output,
            ..*op
        };
        f32_by(&part, isa)
    })
}

/// [`i8_by`], shared out among a crew where that is worth it.
///
/// # Errors
/// As there.
pub fn i8_in_parts(op: &I8<'_>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return i8_by(op, isa);
    };
    let operands = (&op.window, op.input, op.output);
    let work = Work::channelwise(&op.window, isa);
    by_rows(crew, work, operands, |window, input, output| {
        let part = I8 {
            window,
            input,
            output,
            ..*op
        };
        i8_by(&part, isa)
    })
}
