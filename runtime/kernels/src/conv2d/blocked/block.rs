//! Where the elements, weights and outputs of a block lie, for files that make a strip block by block.

#![allow(unsafe_code)] // Reads of what was written, as `counts` says.

use core::mem::MaybeUninit;

use crate::Window;
use crate::blocked::{CHANNELS, runs_of_row};
use crate::rows::{Band, MAX_BAND, Strip, Under};

/// Elements of a run that are too few to loop over, and of all runs at the most.
const SHORT_RUN: usize = 12;
const MAX_TAPS: usize = 64;

/// Short runs under the first pixel of each row of outputs, element by element.
pub(super) struct Short<X> {
    taps: [[MaybeUninit<*const X>; MAX_TAPS]; MAX_BAND],
    /// How many of a row's are written, none where runs are not short, and how many are outside the input, above.
    counts: [[usize; 2]; MAX_BAND],
}

/// Of a row of outputs; none where runs are not short.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a, X> {
    /// Their elements under the first pixel.
    pub(super) taps: &'a [*const X],
    skipped: usize,
}

impl<X> Short<X> {
    /// None. Not a constant: that would be copied as a whole.
    #[inline(always)]
    pub(super) fn new() -> Self {
        Short {
            taps: [const { [const { MaybeUninit::uninit() }; MAX_TAPS] }; MAX_BAND],
            counts: [[0; 2]; MAX_BAND],
        }
    }

    /// Those of a band, if they are short.
    #[inline(always)]
    pub(super) fn set(&mut self, window: &Window, band: &Band<X>) {
        let [runs, length] = runs_of_row(window.kernel, window.dilation, window.input[2]);
        let count = window.kernel[0] * runs;
        if length > SHORT_RUN || count == 1 || count * length > MAX_TAPS {
            return;
        }
        let run_step = window.dilation[1] * window.input[2];
        let rows = self.taps.iter_mut().zip(&mut self.counts);
        for ((taps, [count, skipped]), (under, _)) in rows.zip(band.strips()) {
            *count = 0;
            *skipped = under.rows().first().map_or(0, |(ky, _)| ky * runs * length);
            for (_, x) in under.rows() {
                for run in 0..runs {
                    for at in 0..length {
                        if let Some(place) = taps.get_mut(*count) {
                            place.write(x.wrapping_add(run * run_step + at));
                            *count += 1;
                        }
                    }
                }
            }
        }
    }

    /// Each row of outputs of the band, with what lies under it.
    #[inline(always)]
    pub(super) fn strips<'a>(
        &'a self,
        band: &'a Band<X>,
    ) -> impl Iterator<Item = (Taps<'a, X>, Under<'a, X>, Strip)> {
        let rows = self.taps.iter().zip(&self.counts).zip(band.strips());
        rows.map(|((taps, &[count, skipped]), (under, strip))| {
            // SAFETY: so many are written.
            let taps = unsafe { core::slice::from_raw_parts(taps.as_ptr().cast(), count) };
            (Taps { taps, skipped }, under, strip)
        })
    }
}

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

    /// Weights of the first of these taps.
    #[inline(always)]
    pub(super) fn weights_of(&self, taps: Taps<'_, X>) -> *const W {
        self.weights.wrapping_add(taps.skipped * CHANNELS)
    }

    /// The block's first channel of a pixel of the strip.
    #[inline(always)]
    pub(super) fn output(&self, pixel: usize) -> *mut Y {
        self.output.wrapping_add(pixel * self.outputs)
    }
}
