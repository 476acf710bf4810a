//! Where the elements, weights and outputs of a block lie, for files that make a strip block by block.

use crate::Window;
use crate::blocked::{CHANNELS, runs_of_row};
use crate::rows::{Strip, Under};

/// Sixteen channels of a strip.
pub(super) struct Block<'a, X, W, Y> {
    under: &'a Under<'a, X>,
    /// First weight of the block.
    weights: *const W,
    /// First channel of the first pixel.
    output: *mut Y,
    /// Channels of an output pixel.
    pub(super) outputs: usize,
    /// Channels from the block's first on.
    pub(super) left: usize,
    /// Of elements that lie side by side, in each row under a window.
    runs: usize,
    /// Elements of a run, with those that fill it up.
    pub(super) length: usize,
    run_step: usize,
    /// Elements from pixel to pixel.
    pub(super) pixel_step: usize,
}

impl<'a, X, W, Y> Block<'a, X, W, Y> {
    /// The block that begins at a channel; runs are filled up to a multiple of so many elements. Weights and output are
    /// those of the layer.
    #[inline(always)]
    pub(super) fn new(
        window: &Window,
        (under, strip): (&'a Under<'a, X>, Strip),
        (weights, multiple): (*const W, usize),
        output: *mut Y,
        channel: usize,
    ) -> Self {
        let (channels, [_, _, outputs]) = (window.input[2], window.output);
        let [runs, length] = runs_of_row(window.kernel, window.dilation, channels);
        let length = length.next_multiple_of(multiple);
        Block {
            under,
            weights: weights.wrapping_add(channel * window.kernel[0] * runs * length),
            output: output.wrapping_add(strip.pixel * outputs + channel),
            outputs,
            left: outputs - channel,
            runs,
            length,
            run_step: window.dilation[1] * channels,
            pixel_step: window.stride[1] * channels,
        }
    }

    /// Calls `run(x, w)` for all runs under a pixel of the strip and their weights.
    #[inline(always)]
    pub(super) fn for_each_run(&self, pixel: usize, mut run: impl FnMut(*const X, *const W)) {
        for (ky, row) in self.under.rows() {
            let mut x = row.wrapping_add(pixel * self.pixel_step);
            let w = ky * self.runs * self.length * CHANNELS;
            let mut w = self.weights.wrapping_add(w);
            // There is one: that is not asked before, where compilers keep all sums twice.
            let mut made = 1;
            loop {
                run(x, w);
                if made >= self.runs {
                    break;
                }
                x = x.wrapping_add(self.run_step);
                w = w.wrapping_add(self.length * CHANNELS);
                made += 1;
            }
        }
    }

    /// The block's first channel of a pixel of the strip.
    #[inline(always)]
    pub(super) fn output(&self, pixel: usize) -> *mut Y {
        self.output.wrapping_add(pixel * self.outputs)
    }
}
