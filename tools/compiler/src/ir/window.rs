/// Sliding window of a convolution or pooling. A one-dimensional window has height 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Height and width.
    pub(crate) kernel: [usize; 2],
    /// Step along height and width.
    pub(crate) strides: [usize; 2],
    /// Distance between taps along height and width.
    pub(crate) dilations: [usize; 2],
    /// Padding before the first row, and column.
    pub(crate) pads_begin: [usize; 2],
    /// Padding after the last row, and column.
    pub(crate) pads_end: [usize; 2],
}

impl Window {
    /// One tap that moves over every element.
    pub(crate) const POINT: Window = Window {
        kernel: [1, 1],
        strides: [1, 1],
        dilations: [1, 1],
        pads_begin: [0, 0],
        pads_end: [0, 0],
    };

    /// Output extent along `axis` (0 height, 1 width) for an input extent; 0 where the window
    /// does not fit.
    pub(crate) fn output_extent(&self, axis: usize, input: usize) -> usize {
        let span = (self.kernel[axis] - 1) * self.dilations[axis] + 1;
        let padded = input + self.pads_begin[axis] + self.pads_end[axis];
        padded
            .checked_sub(span)
            .map_or(0, |room| room / self.strides[axis] + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_count_their_outputs() {
        let window = Window {
            kernel: [3, 10],
            strides: [2, 1],
            dilations: [1, 2],
            pads_begin: [0, 4],
            pads_end: [1, 5],
        };
        assert_eq!(window.output_extent(0, 96), 48);
        assert_eq!(window.output_extent(1, 12), 3);
        assert_eq!(window.output_extent(1, 2), 0);
    }
}
