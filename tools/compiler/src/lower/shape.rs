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

/// The shortest run of innermost elements that `values` repeat, such as one image's channels.
pub(super) fn period(values: &[f32], extents: &[usize]) -> usize {
    let mut length = 1;
    for &extent in extents.iter().rev() {
        if values.iter().zip(&values[length..]).all(|(a, b)| a == b) {
            break;
        }
        length *= extent;
    }
    length
}

/// Weights from ONNX's `[o, i, kh, kw]` to `[o, kh, kw, i]`.
pub(super) fn to_ohwi<T: Copy>(weights: &[T], inputs: usize, taps: usize) -> Vec<T> {
    let filter = inputs * taps;
    let at = |index: usize| {
        let (o, rest) = (index / filter, index % filter);
        weights[o * filter + rest % inputs * taps + rest / inputs]
    };
    (0..weights.len()).map(at).collect()
}

/// Depthwise weights from ONNX's `[o, 1, kh, kw]` to `[kh, kw, o]`.
pub(super) fn to_hwo<T: Copy>(weights: &[T], taps: usize) -> Vec<T> {
    let outputs = weights.len() / taps;
    let at = |index: usize| weights[index % outputs * taps + index / outputs];
    (0..weights.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_reordered() {
        // Two outputs, three inputs, two taps; digits are o, i, tap.
        let weights = [0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121];
        let wanted = [0, 10, 20, 1, 11, 21, 100, 110, 120, 101, 111, 121];
        assert_eq!(to_ohwi(&weights, 3, 2), wanted);
        assert_eq!(to_hwo(&[0, 1, 2, 10, 11, 12], 3), [0, 10, 1, 11, 2, 12]);
    }

    #[test]
    fn constants_are_cut_to_what_repeats() {
        assert_eq!(period(&[1.0, 2.0, 1.0, 2.0], &[2, 2]), 2);
        assert_eq!(period(&[1.0, 2.0, 2.0, 1.0], &[2, 2]), 4);
        assert_eq!(period(&[3.0; 4], &[2, 2]), 1);
    }

    #[test]
    fn lines_and_vectors_are_flat_images() {
        assert_eq!(nhwc(&[1, 6, 119]), [1, 1, 119, 6]);
        assert_eq!(nhwc(&[1, 10]), [1, 1, 1, 10]);
        assert_eq!(nhwc(&[1, 3, 8, 9]), [1, 8, 9, 3]);
    }
}
