//! The elements under a window, side by side.

use core::cell::Cell;

use crate::Window;

/// Calls `run(first, count)` for what lies under the window at output `[oy, ox]`, tap by tap in rows: `count`
/// input elements from `first` on, or `count` elements of padding where there is none.
#[inline(always)]
pub(super) fn for_each_run(
    window: &Window,
    oy: usize,
    ox: usize,
    mut run: impl FnMut(Option<usize>, usize),
) {
    let ([height, width, channels], [kh, kw]) = (window.input, window.kernel);
    let ([sy, sx], [dy, dx], [py, px]) = (window.stride, window.dilation, window.pad);
    // Wraps where the window starts in the padding, and is then beyond any extent.
    let left = (ox * sx).wrapping_sub(px);
    let is_whole = dx == 1 && left < width && kw <= width - left;
    for ky in 0..kh {
        let y = (oy * sy + ky * dy).wrapping_sub(py);
        if y >= height {
            run(None, kw * channels);
        } else if is_whole {
            run(Some((y * width + left) * channels), kw * channels);
        } else {
            for kx in 0..kw {
                let x = left.wrapping_add(kx * dx);
                let first = (x < width).then(|| (y * width + x) * channels);
                run(first, channels);
            }
        }
    }
}

/// Whether windows are the pixels of the input, one after the other.
pub(super) fn is_pointwise(window: &Window) -> bool {
    window.kernel == [1, 1]
        && window.stride == [1, 1]
        && window.pad == [0, 0]
        && window.input[..2] == window.output[..2]
}

/// Whether operands share memory.
pub(super) fn overlap<T>(a: &[Cell<T>], b: &[Cell<T>]) -> bool {
    let (a, b) = (a.as_ptr_range(), b.as_ptr_range());
    a.start < b.end && b.start < a.end
}
