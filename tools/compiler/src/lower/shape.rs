//! Extents as the kernels see them.

use crate::ir::Window;

/// `[n, h, w, c]` of an ONNX shape `[n, c, ..]` that lies channels last; a first of three spatial
/// dimensions joins the batch, missing ones are 1.
pub(super) fn nhwc(shape: &[usize]) -> [usize; 4] {
    match *shape {
        [n, c] => [n, 1, 1, c],
        [n, c, w] => [n, 1, w, c],
        [n, c, h, w] => [n, h, w, c],
        [n, c, d, h, w] => [n * d, h, w, c],
        _ => unreachable!("an image has two to five dimensions"),
    }
}

/// `[n, .., c]` of an ONNX shape `[n, c, ..]` that lies channels last.
pub(super) fn channels_last(shape: &[usize]) -> Vec<usize> {
    [&shape[..1], &shape[2..], &shape[1..2]].concat()
}

/// The last two axes of a window as a parameter block holds them.
pub(super) fn params(window: &Window) -> cadet_format::Window {
    let narrow = |[_, y, x]: [usize; 3]| [y as u32, x as u32];
    cadet_format::Window {
        kernel: narrow(window.kernel),
        stride: narrow(window.strides),
        dilation: narrow(window.dilations),
        pad: narrow(window.pads_begin),
    }
}

/// A window as a parameter block holds it.
pub(super) fn params3d(window: &Window) -> cadet_format::Window3d {
    cadet_format::Window3d {
        kernel: narrow(window.kernel),
        stride: narrow(window.strides),
        dilation: narrow(window.dilations),
        pad: narrow(window.pads_begin),
    }
}

pub(super) fn narrow(values: [usize; 3]) -> [u32; 3] {
    values.map(|value| value as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_vectors_are_flat_images() {
        assert_eq!(nhwc(&[1, 6, 119]), [1, 1, 119, 6]);
        assert_eq!(nhwc(&[1, 10]), [1, 1, 1, 10]);
        assert_eq!(nhwc(&[2, 3, 8, 9]), [2, 8, 9, 3]);
        assert_eq!(nhwc(&[2, 3, 4, 8, 9]), [8, 8, 9, 3]);
        assert_eq!(channels_last(&[2, 3, 4, 8, 9]), [2, 4, 8, 9, 3]);
    }
}
