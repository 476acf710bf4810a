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

    /// Pixel index (`y * w + x`) of the input under tap `[ky, kx]` at output `[oy, ox]`, or `None` in the
    /// padding.
    #[inline(always)]
    pub(crate) fn pixel(&self, oy: usize, ox: usize, ky: usize, kx: usize) -> Option<usize> {
        let [height, width, _] = self.input;
        let [sy, sx] = self.stride;
        let [dy, dx] = self.dilation;
        let [py, px] = self.pad;
        let y = (oy * sy + ky * dy).checked_sub(py)?;
        let x = (ox * sx + kx * dx).checked_sub(px)?;
        (y < height && x < width).then_some(y * width + x)
    }

    /// Number of taps.
    pub(crate) fn taps(&self) -> usize {
        let [h, w] = self.kernel;
        h.saturating_mul(w)
    }
}
