//! Kernels of windows, by rows of outputs.

use core::cell::Cell;
use core::ops::Range;

use bytemuck::Pod;

use super::{Crew, Work, range, run};
use crate::{ContractError, Result, Window};

/// Pixels of a part at the least, where rows are cut: about as many as kernels make at once.
const LEAST_PIXELS: usize = 8;

/// Runs `kernel` on parts of the operands where that is worth it and possible, and on the whole elsewhere. It makes every
/// output pixel of the input under its window, and reads and writes cells of its operands only.
pub(crate) fn by_rows<'a, X: Pod, Y>(
    crew: Crew<'a>,
    work: Work,
    (window, input, output): (&Window, &'a [Cell<X>], &'a [Cell<Y>]),
    kernel: impl Fn(Window, &'a [Cell<X>], &'a [Cell<Y>]) -> Result,
) -> Result {
    window.check(input.len(), output.len())?;
    let split = || {
        let cut = Cut::of(window)?;
        let parts = crew.parts(work, cut.count.checked_div(cut.least)?)?;
        Some((cut, parts, crew.apart(window, input, output)?))
    };
    let Some((cut, parts, input)) = split() else {
        return kernel(*window, input, output);
    };
    // SAFETY: parts of the output have no cell in common, none is one of the input's, and kernels do not write to that.
    unsafe {
        run(crew.team, parts, |part| {
            let (window, from, to) = cut.part(range(part, parts, cut.count));
            let input = input.get(from).ok_or(ContractError)?;
            kernel(window, input, output.get(to).ok_or(ContractError)?)
        })
    }
}

/// A window whose outputs are cut into rows, or into pixels where it is one over single pixels.
struct Cut<'a> {
    window: &'a Window,
    is_pointwise: bool,
    /// Rows or pixels.
    count: usize,
    /// Of them in a part.
    least: usize,
}

impl Cut<'_> {
    /// `None` where a part could be taken for a window over single pixels when the whole is none, or be left without a
    /// row of the input.
    fn of(window: &Window) -> Option<Cut<'_>> {
        let [height, width, _] = window.output;
        let is_pointwise = window.is_pointwise();
        let is_similar = window.kernel == [1, 1] && window.stride == [1, 1];
        let last = (height - 1) * window.stride[0];
        if (!is_pointwise && is_similar) || last >= window.pad[0].saturating_add(window.input[0]) {
            return None;
        }
        let (count, least) = match is_pointwise {
            true => (height * width, LEAST_PIXELS),
            false => (height, 1),
        };
        Some(Cut {
            window,
            is_pointwise,
            count,
            least,
        })
    }

    /// The window of some rows or pixels of outputs, and the elements that they are made of and are.
    fn part(&self, rows: Range<usize>) -> (Window, Range<usize>, Range<usize>) {
        let ([height, width, inputs], [_, columns, outputs]) =
            (self.window.input, self.window.output);
        if self.is_pointwise {
            let window = Window {
                input: [1, rows.len(), inputs],
                output: [1, rows.len(), outputs],
                ..*self.window
            };
            let of = |channels: usize| rows.start * channels..rows.end * channels;
            return (window, of(inputs), of(outputs));
        }
        // Where the first window begins, counted with the padding. Rows below the last one stay: they are not read.
        let top = rows.start * self.window.stride[0];
        let pad = self.window.pad[0].saturating_sub(top);
        let skipped = top.saturating_sub(self.window.pad[0]);
        let window = Window {
            input: [height.saturating_sub(skipped), width, inputs],
            output: [rows.len(), columns, outputs],
            pad: [pad, self.window.pad[1]],
            ..*self.window
        };
        let row = columns * outputs;
        (
            window,
            skipped * width * inputs..height * width * inputs,
            rows.start * row..rows.end * row,
        )
    }
}
