//! Extents as the kernels see them.

use crate::ir::Window;

/// `[1, h, w, c]` of an ONNX shape `[1, c, ..]` that lies channels last; missing extents are 1.
pub(super) fn nhwc(shape: &[usize]) -> [usize; 4] {
    let extent = |axis: usize| shape.get(axis).copied().unwrap_or(1);
    match shape.len() {
        4 => [1, extent(2), extent(3), extent(1)],
        _ => [1, 1, extent(2), extent(1)],
    }
}

/// The window as a parameter block holds it.
pub(super) fn params(window: &Window) -> cadet_format::Window {
    let narrow = |values: [usize; 2]| values.map(|value| value as u32);
    cadet_format::Window {
        kernel: narrow(window.kernel),
        stride: narrow(window.strides),
        dilation: narrow(window.dilations),
        pad: narrow(window.pads_begin),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_vectors_are_flat_images() {
        assert_eq!(nhwc(&[1, 6, 119]), [1, 1, 119, 6]);
        assert_eq!(nhwc(&[1, 10]), [1, 1, 1, 10]);
        assert_eq!(nhwc(&[1, 3, 8, 9]), [1, 8, 9, 3]);
    }
}
