//! Products of a single pixel, by blocks of channels.

use core::cell::Cell;
use core::ops::Range;

use bytemuck::Pod;

use super::{Crew, Work, range, run};
use crate::blocked::CHANNELS;
use crate::{ContractError, Result, Window};

/// As [`by_rows`](super::by_rows), for windows with one output pixel. `kernel` is also told which blocks its output is, of
/// how many; all but the last hold [`CHANNELS`] channels. The output has as many as the window, which the caller checked.
pub(crate) fn by_blocks<'a, X: Pod, Y>(
    crew: Crew<'a>,
    work: Work,
    (window, input, output): (&Window, &'a [Cell<X>], &'a [Cell<Y>]),
    kernel: impl Fn(Blocks, Window, &'a [Cell<X>], &'a [Cell<Y>]) -> Result,
) -> Result {
    let channels = window.output[2];
    let count = channels.div_ceil(CHANNELS);
    let blocks = |range: Range<usize>| Blocks {
        count,
        channels: range.start * CHANNELS..channels.min(range.end * CHANNELS),
        range,
    };
    let split = || Some((crew.parts(work, count)?, crew.apart(window, input, output)?));
    let Some((parts, input)) = split() else {
        return kernel(blocks(0..count), *window, input, output);
    };
    // SAFETY: parts of the output have no cell in common, none is one of the input's, and kernels do not write to that.
    unsafe {
        run(crew.team, parts, |part| {
            let blocks = blocks(range(part, parts, count));
            let output = output.get(blocks.channels.clone()).ok_or(ContractError)?;
            let window = Window {
                output: [1, 1, output.len()],
                ..*window
            };
            kernel(blocks, window, input, output)
        })
    }
}

/// Some blocks of a layer.
pub(crate) struct Blocks {
    range: Range<usize>,
    /// Those of the layer.
    count: usize,
    channels: Range<usize>,
}

impl Blocks {
    /// Their weights.
    pub(crate) fn weights<'a, W>(
        &self,
        weights: &'a [W],
    ) -> core::result::Result<&'a [W], ContractError> {
        let each = weights.len().checked_div(self.count).ok_or(ContractError)?;
        weights
            .get(self.range.start * each..self.range.end * each)
            .ok_or(ContractError)
    }

    /// What belongs to their channels, where there is one for each.
    pub(crate) fn of<'a, T>(&self, each: &'a [T]) -> core::result::Result<&'a [T], ContractError> {
        each.get(self.channels.clone()).ok_or(ContractError)
    }

    /// As [`of`](Self::of), where one for all may be given instead.
    pub(crate) fn of_all<'a, T>(
        &self,
        all: &'a [T],
    ) -> core::result::Result<&'a [T], ContractError> {
        match all {
            [_] => Ok(all),
            _ => self.of(all),
        }
    }
}
