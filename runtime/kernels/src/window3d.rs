use crate::window::inside;
use crate::{Result, product, require};

/// Window of a convolution or pooling over `[d, h, w, c]`, with the extents it works on. Fewer spatial axes are
/// those whose first extents are 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window3d {
    /// Depth, height, width and channels of the input.
    pub input: [usize; 4],
    /// Depth, height, width and channels of the output.
    pub output: [usize; 4],
    /// Depth, height and width of the window.
    pub kernel: [usize; 3],
    /// Step along each axis, at least 1.
    pub stride: [usize; 3],
    /// Distance between taps, at least 1.
    pub dilation: [usize; 3],
    /// Padding before each axis; what lies behind follows from the output.
    pub pad: [usize; 3],
}

/// What a window does along one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pad: usize,
}

impl Axis {
    /// Whether no extent is zero and all index arithmetic fits.
    fn fits(&self) -> bool {
        let reach = || {
            let first = self.output.checked_mul(self.stride)?;
            let last = first.checked_add(self.kernel.checked_mul(self.dilation)?)?;
            last.checked_add(self.pad)?.checked_add(self.input)
        };
        let positive = self.kernel > 0 && self.stride > 0 && self.dilation > 0;
        positive && reach().is_some()
    }

    /// The taps at output position `at` that lie inside the input, each with its place there.
    #[inline(always)]
    fn taps(self, at: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = at * self.stride;
        inside(first, self.kernel, self.dilation, self.pad, self.input)
            .map(move |tap| (tap, first + tap * self.dilation - self.pad))
    }

    /// The taps through which output position `at` of a transposed window reads the input.
    #[inline(always)]
    fn transposed_taps(self, at: usize) -> impl Iterator<Item = (usize, usize)> {
        let padded = at + self.pad;
        (0..self.kernel).filter_map(move |tap| {
            let distance = padded.checked_sub(tap * self.dilation)?;
            let place = distance.checked_div(self.stride)?;
            (place * self.stride == distance && place < self.input).then_some((tap, place))
        })
    }

    /// Number of taps at output position `at` that lie in the input or in its padding of `pad` and `pad_end`.
    pub(crate) fn taps_with_padding(&self, at: usize, pad_end: usize) -> usize {
        let padded = self.input.saturating_add(self.pad).saturating_add(pad_end);
        inside(at * self.stride, self.kernel, self.dilation, 0, padded).len()
    }
}

impl Window3d {
    /// Checks that no extent is zero and that all index arithmetic fits.
    pub(crate) fn check(&self, input_len: usize, output_len: usize) -> Result {
        require(
            product(&self.input) == Some(input_len)
                && product(&self.output) == Some(output_len)
                && input_len > 0
                && output_len > 0
                && self.taps().is_some()
                && self.axes().iter().all(Axis::fits),
        )
    }

    pub(crate) fn axes(&self) -> [Axis; 3] {
        let ([iz, iy, ix, _], [oz, oy, ox, _]) = (self.input, self.output);
        let ([kz, ky, kx], [sz, sy, sx]) = (self.kernel, self.stride);
        let ([dz, dy, dx], [pz, py, px]) = (self.dilation, self.pad);
        let axis = |input, output, kernel, stride, dilation, pad| Axis {
            input,
            output,
            kernel,
            stride,
            dilation,
            pad,
        };
        [
            axis(iz, oz, kz, sz, dz, pz),
            axis(iy, oy, ky, sy, dy, py),
            axis(ix, ox, kx, sx, dx, px),
        ]
    }

    /// Calls `f(position, pixel)` for every position of the output in row-major order.
    #[inline(always)]
    pub(crate) fn for_each_position(&self, mut f: impl FnMut([usize; 3], usize)) {
        let [depth, height, width, _] = self.output;
        let mut pixel = 0;
        for z in 0..depth {
            for y in 0..height {
                for x in 0..width {
                    f([z, y, x], pixel);
                    pixel += 1;
                }
            }
        }
    }

    /// Calls `f(pixel, tap)` for every tap at an output position that lies inside the input, in rows: `pixel`
    /// counts the input's, `tap` the window's. Padded taps take no time.
    #[inline(always)]
    pub(crate) fn for_each_tap(&self, at: [usize; 3], f: impl FnMut(usize, usize)) {
        self.nest(at, |axis, at| axis.taps(at), f);
    }

    /// As [`for_each_tap`](Self::for_each_tap), for the window of a transposed convolution: output `at` reads
    /// input `i` through tap `k` where `i * stride + k * dilation - pad == at`.
    #[inline(always)]
    pub(crate) fn for_each_transposed_tap(&self, at: [usize; 3], f: impl FnMut(usize, usize)) {
        self.nest(at, |axis, at| axis.transposed_taps(at), f);
    }

    #[inline(always)]
    fn nest<I: Iterator<Item = (usize, usize)>>(
        &self,
        [z, y, x]: [usize; 3],
        taps: impl Fn(Axis, usize) -> I,
        mut f: impl FnMut(usize, usize),
    ) {
        let ([_, height, width, _], [_, kh, kw]) = (self.input, self.kernel);
        let [axis_z, axis_y, axis_x] = self.axes();
        for (kz, z) in taps(axis_z, z) {
            for (ky, y) in taps(axis_y, y) {
                for (kx, x) in taps(axis_x, x) {
                    f((z * height + y) * width + x, (kz * kh + ky) * kw + kx);
                }
            }
        }
    }

    /// Number of taps.
    pub(crate) fn taps(&self) -> Option<usize> {
        product(&self.kernel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::vec::Vec;

    fn axes() -> impl Strategy<Value = Axis> {
        (
            1usize..9,
            1usize..9,
            1usize..5,
            1usize..4,
            1usize..4,
            0usize..5,
        )
            .prop_map(|(input, output, kernel, stride, dilation, pad)| Axis {
                input,
                output,
                kernel,
                stride,
                dilation,
                pad,
            })
    }

    #[test]
    fn a_window_with_more_taps_than_can_be_counted_is_refused() {
        let window = Window3d {
            input: [1, 4, 4, 1],
            output: [1, 1, 1, 1],
            kernel: [2, usize::MAX / 4, 4],
            stride: [1; 3],
            dilation: [1; 3],
            pad: [0; 3],
        };
        assert!(window.check(16, 1).is_err());
    }

    proptest! {
        #[test]
        fn taps_are_those_inside(axis in axes()) {
            for at in 0..axis.output {
                let expected: Vec<_> = (0..axis.kernel).filter_map(|tap| {
                    let place = (at * axis.stride + tap * axis.dilation).checked_sub(axis.pad)?;
                    (place < axis.input).then_some((tap, place))
                }).collect();
                prop_assert_eq!(axis.taps(at).collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn transposed_taps_are_the_forward_ones_turned_round(axis in axes()) {
            let forward = Axis { input: axis.output, output: axis.input, ..axis };
            for at in 0..axis.output {
                let expected: Vec<_> = (0..axis.kernel).flat_map(|tap| {
                    (0..axis.input).filter(move |&place| forward.taps(place).any(|t| t == (tap, at)))
                        .map(move |place| (tap, place))
                }).collect();
                prop_assert_eq!(axis.transposed_taps(at).collect::<Vec<_>>(), expected);
            }
        }

        #[test]
        fn padding_counts_where_the_model_pads(axis in axes(), pad_end in 0usize..4) {
            for at in 0..axis.output {
                let end = axis.pad + axis.input + pad_end;
                let expected = (0..axis.kernel).filter(|k| at * axis.stride + k * axis.dilation < end).count();
                prop_assert_eq!(axis.taps_with_padding(at, pad_end), expected);
            }
        }
    }
}
