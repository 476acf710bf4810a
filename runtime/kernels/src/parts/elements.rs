//! Functions of pairs of elements, by runs of elements.

use core::cell::Cell;

use super::{Crew, Work, range, run};
use crate::broadcast::Pair;
use crate::overlap::is_apart;
use crate::{ContractError, Result, Source};

/// Runs `kernel` on parts of the operands where that is worth it and possible, and on the whole elsewhere. It makes every
/// element of the output of those at its place, and reads and writes cells of its operands only.
pub(crate) fn by_elements<A: Copy, B: Copy, Y: Copy>(
    crew: Crew<'_>,
    pair: &Pair<'_, A, B, Y>,
    kernel: impl Fn(Pair<'_, A, B, Y>) -> Result,
) -> Result {
    let count = pair.output.len();
    let work = Work::elements(count);
    let is_plain = pair.a_shape == pair.shape && pair.b_shape == pair.shape;
    let lengths = [
        pair.a.len(),
        pair.b.len(),
        crate::product(pair.shape).unwrap_or(0),
    ];
    let is_apart = is_at_its_place(&pair.a, pair.output) && is_at_its_place(&pair.b, pair.output);
    let can_be_cut = is_plain && is_apart && lengths == [count; 3];
    let parts = crew.parts(work, count).filter(|_| can_be_cut);
    let Some(parts) = parts else {
        return kernel(*pair);
    };
    // SAFETY: parts of the output have no cell in common, and what is in the memory of one is of the inputs only what the
    // part itself reads.
    unsafe {
        run(crew.team, parts, |part| {
            let range = range(part, parts, count);
            let shape = &[range.len()];
            kernel(Pair {
                a: pair.a.part(range.clone()).ok_or(ContractError)?,
                a_shape: shape,
                b: pair.b.part(range.clone()).ok_or(ContractError)?,
                b_shape: shape,
                output: pair.output.get(range).ok_or(ContractError)?,
                shape,
            })
        })
    }
}

/// Whether no element of the output lies on one of the operand's but that of the same number.
fn is_at_its_place<X, Y>(operand: &Source<'_, X>, output: &[Cell<Y>]) -> bool {
    match operand {
        Source::Constant(_) => true,
        Source::Cells(cells) => {
            let is_same =
                size_of::<X>() == size_of::<Y>() && cells.as_ptr().cast() == output.as_ptr();
            is_same || is_apart(cells, output)
        }
    }
}
