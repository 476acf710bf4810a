//! Rows of an input as vector kernels of windows read them: with their padding, converted once, in a ring of as many
//! as a window is high. Since all inputs of a row of outputs are read before one of them is written, outputs may
//! overlap the input as if pixel by pixel were made.
#![allow(unsafe_code)] // Pointers into the scratch memory and the input, whose lengths are known.

use core::cell::Cell;
use core::mem::MaybeUninit;

use bytemuck::AnyBitPattern;

use crate::Window;
use crate::overlap::in_order;
use crate::window::inside;

/// Height of a window at the most, with its dilation.
const MAX_ROWS: usize = 64;
/// Elements behind each row that may be read, and are some number.
const SLACK: usize = 16;

/// The ring, for one kind of window.
pub(crate) struct Rows<'a, T> {
    window: &'a Window,
    source: Source<T>,
    /// Output pixels of a row that are made in one go.
    columns: usize,
}

#[expect(clippy::large_enum_variant, reason = "there is but one, on the stack")]
enum Source<T> {
    /// The input, from its first element on.
    Input(*const T),
    Ring(Ring<T>),
}

struct Ring<T> {
    rows: usize,
    /// Elements of a row.
    length: usize,
    ring: *mut T,
    /// Each of its bytes.
    padding: u8,
    /// Row of the input and first output column that each place holds.
    held: [[usize; 2]; MAX_ROWS],
}

/// Input rows under a row of outputs, each with its place in the window, from the top.
pub(crate) struct Under<T> {
    rows: [(usize, *const T); MAX_ROWS],
    count: usize,
    padding: Option<*const T>,
}

impl<T> Under<T> {
    /// A row of padding, where rows are in a ring.
    #[inline(always)]
    pub(crate) fn padding(&self) -> Option<*const T> {
        self.padding
    }

    #[inline(always)]
    pub(crate) fn rows(&self) -> &[(usize, *const T)] {
        self.rows.get(..self.count).unwrap_or_default()
    }
}

/// Output pixels side by side.
#[derive(Clone, Copy)]
pub(crate) struct Strip {
    /// The first, counted from the start of the output.
    pub(crate) pixel: usize,
    pub(crate) count: usize,
}

impl Strip {
    /// Cuts it into the fewest parts of at most `most` pixels, as even as can be; each with its first pixel, counted from
    /// that of the strip.
    #[inline(always)]
    pub(crate) fn tiles(self, most: usize) -> impl Iterator<Item = (usize, usize)> {
        let tiles = self.count.div_ceil(most).max(1);
        (0..tiles).map(move |tile| {
            let first = tile * self.count / tiles;
            (first, (tile + 1) * self.count / tiles - first)
        })
    }
}

/// The window with all pixels in one row, where it is one over single pixels, one after the other.
pub(crate) fn flattened(window: &Window) -> Window {
    let ([height, width, inputs], [oh, ow, outputs]) = (window.input, window.output);
    let is_pointwise = window.kernel == [1, 1]
        && window.stride == [1, 1]
        && window.pad == [0, 0]
        && [height, width] == [oh, ow];
    if !is_pointwise {
        return *window;
    }
    Window {
        input: [1, height * width, inputs],
        output: [1, height * width, outputs],
        ..*window
    }
}

/// Whether a scratch memory of so many elements holds what lies under one output pixel.
pub(crate) fn fits(window: &Window, scratch: usize) -> bool {
    extents(window, scratch).is_some()
}

/// Rows in a ring, output columns made of them in one go, and elements of a row.
fn extents(window: &Window, scratch: usize) -> Option<[usize; 3]> {
    let ([_, width, _], [_, _, channels]) = (window.output, window.input);
    let [rows, reach] = window.span();
    let stride = window.stride[1];
    // One more is a row of padding.
    let most = scratch.checked_div(rows + 1)?.checked_sub(SLACK)?;
    let most = most.checked_div(channels)?.checked_sub(reach)?;
    // `max(1)`, here and below, says to the compiler what the contract has checked.
    let most = most.checked_div(stride)? + 1;
    // As even as can be.
    let columns = width.div_ceil(width.div_ceil(most.min(width).max(1)).max(1));
    let length = ((columns - 1) * stride + reach) * channels + SLACK;
    (rows <= MAX_ROWS).then_some([rows, columns, length])
}

impl<'a, T: Copy + AnyBitPattern> Rows<'a, T> {
    /// Rows are read from `input`, its first element, where that is given and no padding is at their sides; a ring
    /// in the scratch memory holds them otherwise, with padding of zeros. `None` where they do not [fit](fits).
    #[inline(always)]
    pub(crate) fn new(
        window: &'a Window,
        scratch: &'a mut [MaybeUninit<T>],
        input: Option<*const T>,
    ) -> Option<Self> {
        Rows::with_padding(window, scratch, input, 0)
    }

    /// As [`new`](Self::new), with padding of this byte.
    #[inline(always)]
    pub(crate) fn with_padding(
        window: &'a Window,
        scratch: &'a mut [MaybeUninit<T>],
        input: Option<*const T>,
        padding: u8,
    ) -> Option<Self> {
        let [_, width, _] = window.output;
        let last = (width - 1) * window.stride[1] + window.span()[1];
        let is_padded = window.pad[1] > 0 || last > window.input[1];
        if let Some(input) = input.filter(|_| !is_padded) {
            return Some(Rows {
                window,
                source: Source::Input(input),
                columns: width,
            });
        }
        let [rows, columns, length] = extents(window, scratch.len())?;
        let used = scratch.get_mut(..(rows + 1) * length)?;
        let spare = used.get_mut(rows * length..)?;
        // SAFETY: writes to the slice, whose elements are of any bytes.
        unsafe { spare.as_mut_ptr().write_bytes(padding, length) };
        Some(Rows {
            window,
            source: Source::Ring(Ring {
                rows,
                length,
                ring: used.as_mut_ptr().cast(),
                padding,
                held: [[usize::MAX; 2]; MAX_ROWS],
            }),
            columns,
        })
    }

    /// Calls `strip` for all outputs, in the order of [`Window::for_each_pixel`], a part of a row at a time, with the
    /// rows under it, from its first pixel's window on. `copy` converts as many elements of the input from one on.
    #[inline(always)]
    pub(crate) fn for_each_strip<X, Y>(
        &mut self,
        (input, output): (&[Cell<X>], &[Cell<Y>]),
        copy: impl Fn(usize, *mut T, usize),
        mut strip: impl FnMut(&Under<T>, Strip),
    ) {
        let window = self.window;
        let ([height, width, channels], [oh, ow, _]) = (window.input, window.output);
        let mut under = Under {
            rows: [(0, core::ptr::null()); MAX_ROWS],
            count: 0,
            padding: match &self.source {
                Source::Input(_) => None,
                Source::Ring(ring) => Some(ring.row(ring.rows)),
            },
        };
        for oy in in_order(oh, input, output) {
            let top = oy * window.stride[0];
            for part in in_order(ow.div_ceil(self.columns.max(1)), input, output) {
                let first = part * self.columns;
                let count = self.columns.min(ow - first);
                under.count = 0;
                for ky in inside(
                    top,
                    window.kernel[0],
                    window.dilation[0],
                    window.pad[0],
                    height,
                ) {
                    let y = top + ky * window.dilation[0] - window.pad[0];
                    let row = match &mut self.source {
                        Source::Input(input) => {
                            let column = y * width + first * window.stride[1];
                            input.wrapping_add(column * channels)
                        }
                        Source::Ring(ring) => ring.hold(window, y, [first, count], &copy),
                    };
                    if let Some(place) = under.rows.get_mut(under.count) {
                        *place = (ky, row);
                        under.count += 1;
                    }
                }
                let pixel = oy * ow + first;
                strip(&under, Strip { pixel, count });
            }
        }
    }
}

impl<T: Copy + AnyBitPattern> Ring<T> {
    #[inline(always)]
    fn row(&self, place: usize) -> *mut T {
        self.ring.wrapping_add(place * self.length)
    }

    /// Where input row `y` lies for `count` output columns from `first` on, once it is there.
    #[inline(always)]
    fn hold(
        &mut self,
        window: &Window,
        y: usize,
        [first, count]: [usize; 2],
        copy: impl Fn(usize, *mut T, usize),
    ) -> *const T {
        let ([_, width, channels], place) = (window.input, y % self.rows.max(1));
        let row = self.row(place);
        let held = self.held.get_mut(place);
        if held.as_deref() == Some(&[y, first]) {
            return row;
        }
        let (start, left_pad) = (first * window.stride[1], window.pad[1]);
        let columns = (count - 1) * window.stride[1] + window.span()[1];
        let left = left_pad.saturating_sub(start).min(columns);
        let x = (start + left).saturating_sub(left_pad);
        let inner = width.saturating_sub(x).min(columns - left);
        // SAFETY: a row of the ring has room for all columns, and slack.
        let pad = |from: usize, count: usize| unsafe {
            row.add(from).write_bytes(self.padding, count);
        };
        let right = columns - left - inner;
        pad(0, left * channels);
        let from = (y * width + x) * channels;
        copy(from, row.wrapping_add(left * channels), inner * channels);
        pad((left + inner) * channels, right * channels + SLACK);
        if let Some(held) = held {
            *held = [y, first];
        }
        row
    }
}
