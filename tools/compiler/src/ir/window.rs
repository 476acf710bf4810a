/// Sliding window of a convolution or pooling over up to three spatial axes; where a tensor has fewer, the
/// entries of those that are missing come first and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Depth, height and width.
    pub(crate) kernel: [usize; 3],
    /// Step along each axis.
    pub(crate) strides: [usize; 3],
    /// Distance between taps along each axis.
    pub(crate) dilations: [usize; 3],
    /// Padding before each axis.
    pub(crate) pads_begin: [usize; 3],
    /// Padding behind each axis.
    pub(crate) pads_end: [usize; 3],
}

impl Window {
    /// One tap that moves over every element.
    pub(crate) const POINT: Window = Window {
        kernel: [1; 3],
        strides: [1; 3],
        dilations: [1; 3],
        pads_begin: [0; 3],
        pads_end: [0; 3],
    };

    /// One window over all of `extents`.
    pub(crate) fn whole(extents: [usize; 3]) -> Window {
        Window {
            kernel: extents,
            ..Window::POINT
        }
    }

    /// Output extents for those of the input; 0 where the window does not fit.
    pub(crate) fn outputs(&self, input: [usize; 3]) -> [usize; 3] {
        [0, 1, 2].map(|axis| {
            let padded = input[axis] + self.pads_begin[axis] + self.pads_end[axis];
            let room = padded.checked_sub(self.span(axis));
            room.map_or(0, |room| room / self.strides[axis] + 1)
        })
    }

    /// Output extents of a transposed convolution.
    pub(crate) fn transposed_outputs(&self, input: [usize; 3]) -> [usize; 3] {
        [0, 1, 2].map(|axis| {
            let whole = (input[axis].saturating_sub(1)) * self.strides[axis] + self.span(axis);
            whole.saturating_sub(self.pads_begin[axis] + self.pads_end[axis])
        })
    }

    /// Distance from the first to behind the last tap.
    pub(crate) fn span(&self, axis: usize) -> usize {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    /// Number of taps.
    pub(crate) fn taps(&self) -> usize {
        self.kernel.iter().product()
    }

    /// Whether the first axis could as well be a batch.
    pub(crate) fn is_planar(&self) -> bool {
        let first = [self.kernel[0], self.strides[0]];
        first == [1, 1] && [self.pads_begin[0], self.pads_end[0]] == [0, 0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_count_their_outputs() {
        let window = Window {
            kernel: [1, 3, 10],
            strides: [1, 2, 1],
            dilations: [1, 1, 2],
            pads_begin: [0, 0, 4],
            pads_end: [0, 1, 5],
        };
        assert_eq!(window.outputs([1, 96, 12]), [1, 48, 3]);
        assert_eq!(window.outputs([1, 96, 2])[2], 0);
        assert_eq!(window.transposed_outputs([1, 48, 3]), [1, 96, 12]);
        assert!(window.is_planar());
    }
}
