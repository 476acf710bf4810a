use core::cell::Cell;
use core::ops::Range;

use crate::overlap::in_order;
use crate::{ContractError, product};

/// Window of a convolution or pooling over `[1, h, w, c]`, with the extents it works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Height, width and channels of the input.
    pub input: [usize; 3],
    /// Height, width and channels of the output.
    pub output: [usize; 3],
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Step down and right, at least 1.
    pub stride: [usize; 2],
    /// Distance between taps, at least 1.
    pub dilation: [usize; 2],
    /// Rows above and columns left of the input; what lies below and right follows from the output.
    pub pad: [usize; 2],
}

impl Window {
    /// Of one pixel over a column of rows, which makes a row of length `lengths[1]` of each of length `lengths[0]`.
    pub const fn of_rows(rows: usize, lengths: [usize; 2]) -> Window {
        let [input, output] = lengths;
        Window {
            input: [rows, 1, input],
            output: [rows, 1, output],
            kernel: [1, 1],
            stride: [1, 1],
            dilation: [1, 1],
            pad: [0, 0],
        }
    }

    /// Checks that no extent is zero and that all index arithmetic fits.
    pub(crate) fn check(&self, input_len: usize, output_len: usize) -> Result<(), ContractError> {
        let positive = [self.kernel, self.stride, self.dilation]
            .iter()
            .flatten()
            .all(|&n| n > 0);
        let reach = |output: usize, stride: usize, kernel: usize, dilation: usize| {
            let first = output.checked_mul(stride)?;
            first.checked_add(kernel.checked_mul(dilation)?)
        };
        let ([oh, ow, _], [kh, kw]) = (self.output, self.kernel);
        let ([sy, sx], [dy, dx]) = (self.stride, self.dilation);
        let fits = positive
            && product(&self.input) == Some(input_len)
            && product(&self.output) == Some(output_len)
            && input_len > 0
            && output_len > 0
            && reach(oh, sy, kh, dy).is_some()
            && reach(ow, sx, kw, dx).is_some();
        crate::require(fits)
    }

    /// Checks the length of an operand with one entry for each output channel, where it is given.
    pub(crate) fn check_per_channel(&self, len: Option<usize>) -> Result<(), ContractError> {
        let [_, _, channels] = self.output;
        crate::require(len.is_none_or(|len| len == channels))
    }

    /// Whether it is one over single pixels, one after the other.
    pub(crate) fn is_pointwise(&self) -> bool {
        let ([height, width, _], [oh, ow, _]) = (self.input, self.output);
        let steps = self.kernel == [1, 1] && self.stride == [1, 1] && self.pad == [0, 0];
        steps && [height, width] == [oh, ow]
    }

    /// Calls `f(oy, ox, pixel)` for every output pixel, `pixel` being `oy * ow + ox`: in rows, first to last; last
    /// to first where the output starts after the input, so that it may overlap it (see
    /// [`Overlap`](crate::Overlap)).
    #[inline(always)]
    pub(crate) fn for_each_pixel<X, Y>(
        &self,
        input: &[Cell<X>],
        output: &[Cell<Y>],
        mut f: impl FnMut(usize, usize, usize),
    ) {
        let [height, width, _] = self.output;
        for oy in in_order(height, input, output) {
            for ox in in_order(width, input, output) {
                f(oy, ox, oy * width + ox);
            }
        }
    }

    /// Calls `f(pixel, tap)` for every tap at output `[oy, ox]` that lies inside the input, in rows: `pixel` is
    /// `y * w + x` of the input, `tap` is `ky * kw + kx`. Padded taps take no time.
    #[inline(always)]
    pub(crate) fn for_each_tap(&self, oy: usize, ox: usize, mut f: impl FnMut(usize, usize)) {
        let ([height, width, _], [kh, kw]) = (self.input, self.kernel);
        let ([sy, sx], [dy, dx], [py, px]) = (self.stride, self.dilation, self.pad);
        for ky in inside(oy * sy, kh, dy, py, height) {
            let y = oy * sy + ky * dy - py;
            for kx in inside(ox * sx, kw, dx, px, width) {
                let x = ox * sx + kx * dx - px;
                f(y * width + x, ky * kw + kx);
            }
        }
    }

    /// First and last input pixel under the window at output `[oy, ox]`; `None` where it lies wholly in the
    /// padding.
    pub(crate) fn reach(&self, oy: usize, ox: usize) -> Option<(usize, usize)> {
        let mut reach = None;
        self.for_each_tap(oy, ox, |pixel, _| {
            let (first, _) = *reach.get_or_insert((pixel, pixel));
            reach = Some((first, pixel));
        });
        reach
    }

    /// Whether there is padding before the input or behind it, along an axis.
    #[inline(always)]
    pub(crate) fn is_padded(&self, axis: usize) -> bool {
        let last = (self.output[axis] - 1) * self.stride[axis] + self.span()[axis];
        self.pad[axis] > 0 || last > self.input[axis]
    }

    /// Rows and columns of the input that a window reaches over.
    pub(crate) fn span(&self) -> [usize; 2] {
        [0, 1].map(|axis| (self.kernel[axis] - 1) * self.dilation[axis] + 1)
    }

    /// Number of taps.
    pub(crate) fn taps(&self) -> usize {
        let [h, w] = self.kernel;
        h.saturating_mul(w)
    }
}

/// The taps of one axis that lie inside the input, for a window that starts at `first` of the padded axis.
#[inline(always)]
pub(crate) fn inside(
    first: usize,
    taps: usize,
    dilation: usize,
    pad: usize,
    extent: usize,
) -> Range<usize> {
    // `max(1)` says to the compiler what the contract has checked.
    let dilation = dilation.max(1);
    let reach = |edge: usize| edge.saturating_sub(first).div_ceil(dilation).min(taps);
    reach(pad)..reach(pad.saturating_add(extent))
}
