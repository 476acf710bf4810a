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

/// Rows of a window at the most, with its dilation; rows of the ring too, and taps down all windows of a band.
const MAX_ROWS: usize = 64;
/// Rows of outputs in a band at the most, and output pixels that are enough for one.
pub(crate) const MAX_BAND: usize = 8;
const BAND_PIXELS: usize = 32;
/// Elements behind each row that may be read, and are some number.
const SLACK: usize = 16;

/// Memory on the stack for a ring, at the start of a line of the cache.
#[cfg(target_arch = "x86_64")]
#[repr(align(64))]
pub(crate) struct Scratch<T, const LENGTH: usize>(pub(crate) [MaybeUninit<T>; LENGTH]);

#[cfg(target_arch = "x86_64")]
impl<T, const LENGTH: usize> Scratch<T, LENGTH> {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Scratch([const { MaybeUninit::uninit() }; LENGTH])
    }
}

/// The ring, for one kind of window.
pub(crate) struct Rows<'a, T> {
    window: &'a Window,
    source: Source<T>,
    /// Output pixels of a row that are made in one go.
    columns: usize,
    /// Rows of outputs that are made in one go.
    band: usize,
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

/// Rows of outputs that are made in one go, of so many pixels that what is prepared for them pays.
pub(crate) struct Band<T> {
    /// Input rows under each row of outputs, one after the other, each with its place in the window, from the top.
    rows: [(usize, *const T); MAX_ROWS],
    /// Where those of each row of outputs end.
    ends: [usize; MAX_BAND],
    height: usize,
    padding: Option<*const T>,
    /// The first row of outputs, and pixels from row to row.
    first: Strip,
    pitch: usize,
}

/// Input rows under a row of outputs, each with its place in the window, from the top.
pub(crate) struct Under<'a, T> {
    rows: &'a [(usize, *const T)],
    padding: Option<*const T>,
}

impl<T> Band<T> {
    /// Each row of outputs and what lies under it.
    #[inline(always)]
    pub(crate) fn strips(&self) -> impl Iterator<Item = (Under<'_, T>, Strip)> {
        let mut start = 0;
        let ends = self.ends.iter().take(self.height).enumerate();
        ends.map(move |(row, &end)| {
            let under = Under {
                rows: self.rows.get(start..end).unwrap_or_default(),
                padding: self.padding,
            };
            start = end;
            let pixel = self.first.pixel + row * self.pitch;
            (
                under,
                Strip {
                    pixel,
                    ..self.first
                },
            )
        })
    }
}

impl<'a, T> Under<'a, T> {
    /// These rows alone.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn of(rows: &'a [(usize, *const T)]) -> Self {
        Under {
            rows,
            padding: None,
        }
    }

    /// A row of padding, where rows are in a ring.
    #[inline(always)]
    pub(crate) fn padding(&self) -> Option<*const T> {
        self.padding
    }

    #[inline(always)]
    pub(crate) fn rows(&self) -> &'a [(usize, *const T)] {
        self.rows
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
        let (least, longer) = (self.count / tiles, self.count % tiles);
        let mut first = 0;
        (0..tiles).map(move |tile| {
            let count = least + usize::from(tile < longer);
            first += count;
            (first - count, count)
        })
    }
}

/// Neighbouring parts of a strip, all of a length.
#[derive(Clone, Copy)]
pub(crate) struct Tiles {
    /// The first pixel of the first, counted from that of the strip.
    pub(crate) first: usize,
    /// Pixels of each.
    pub(crate) pixels: usize,
    pub(crate) count: usize,
}

impl Strip {
    /// Cuts it as [`tiles`](Self::tiles) does; parts of a length come together.
    #[inline(always)]
    pub(crate) fn equal_tiles(self, most: usize) -> impl Iterator<Item = Tiles> {
        let tiles = self.count.div_ceil(most).max(1);
        let (least, longer) = (self.count / tiles, self.count % tiles);
        let lengths = [
            Tiles {
                first: 0,
                pixels: least + 1,
                count: longer,
            },
            Tiles {
                first: longer * (least + 1),
                pixels: least,
                count: tiles - longer,
            },
        ];
        lengths.into_iter().filter(|it| it.count > 0)
    }
}

/// The window with all pixels in one row, where it is one over single pixels, one after the other.
pub(crate) fn flattened(window: &Window) -> Window {
    if !window.is_pointwise() {
        return *window;
    }
    let ([height, width, inputs], [_, _, outputs]) = (window.input, window.output);
    Window {
        input: [1, height * width, inputs],
        output: [1, height * width, outputs],
        ..*window
    }
}

/// Whether a scratch memory of so many elements holds what lies under one output pixel.
pub(crate) fn fits(window: &Window, scratch: usize) -> bool {
    Extents::of(window, scratch, 1).is_some()
}

/// Of a ring.
struct Extents {
    rows: usize,
    /// Output columns made of them in one go, and rows.
    columns: usize,
    band: usize,
    /// Elements of a row.
    length: usize,
}

impl Extents {
    /// For bands of so many rows at the most.
    fn of(window: &Window, scratch: usize, tallest: usize) -> Option<Extents> {
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
        let room = (scratch / length.max(1)).min(MAX_ROWS);
        let band = match columns == width {
            true => room.saturating_sub(rows + 1) / window.stride[0].max(1) + 1,
            false => 1,
        };
        let band = band.min(tallest);
        (rows <= MAX_ROWS).then_some(Extents {
            rows: rows + (band - 1) * window.stride[0],
            columns,
            band,
            length,
        })
    }
}

/// Rows of outputs in a band, if there is room for what lies under them.
fn tallest_band(window: &Window) -> usize {
    let [height, width, _] = window.output;
    let most = (MAX_ROWS / window.kernel[0].max(1)).clamp(1, MAX_BAND);
    BAND_PIXELS
        .div_ceil(width.max(1))
        .max(2)
        .min(most)
        .min(height)
}

impl<'a, T: Copy + AnyBitPattern> Rows<'a, T> {
    /// Rows are read from `input`, its first element, where that is given and no padding is at their sides; a ring
    /// in the scratch memory holds them otherwise, with padding of this byte. `None` where they do not [fit](fits).
    #[inline(always)]
    pub(crate) fn new(
        window: &'a Window,
        scratch: &'a mut [MaybeUninit<T>],
        input: Option<*const T>,
        padding: u8,
    ) -> Option<Self> {
        let [_, width, _] = window.output;
        if let Some(input) = input.filter(|_| !window.is_padded(1)) {
            return Some(Rows {
                window,
                source: Source::Input(input),
                columns: width,
                band: tallest_band(window),
            });
        }
        Rows::in_bands(window, scratch, padding, tallest_band(window))
    }

    /// Rows of outputs in a band at the most where rows are not cut, if the scratch memory has room for what lies under
    /// them; `None` where it has not.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn tallest_band(window: &Window, scratch: usize) -> Option<usize> {
        let extents = Extents::of(window, scratch, MAX_BAND)?;
        (extents.columns == window.output[1]).then_some(extents.band)
    }

    /// In a ring, with bands of so many rows at the most.
    #[inline(always)]
    pub(crate) fn in_bands(
        window: &'a Window,
        scratch: &'a mut [MaybeUninit<T>],
        padding: u8,
        tallest: usize,
    ) -> Option<Self> {
        let extents = Extents::of(window, scratch.len(), tallest)?;
        let (rows, length) = (extents.rows, extents.length);
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
            columns: extents.columns,
            band: extents.band,
        })
    }

    /// Calls `strip` for all outputs, as [`for_each_band`](Self::for_each_band) does, a row at a time.
    #[inline(always)]
    pub(crate) fn for_each_strip<X, Y>(
        &mut self,
        operands: (&[Cell<X>], &[Cell<Y>]),
        copy: impl Fn(usize, *mut T, usize),
        mut strip: impl FnMut(&Under<'_, T>, Strip),
    ) {
        self.for_each_band(operands, copy, |band| {
            for (under, row) in band.strips() {
                strip(&under, row);
            }
        });
    }

    /// Calls `make` for all outputs, a few rows or a part of a row at a time, from the end where the output starts
    /// after the input, with the rows under them, from the windows of their first pixels on. `copy` converts as many
    /// elements of the input from one on.
    #[inline(always)]
    pub(crate) fn for_each_band<X, Y>(
        &mut self,
        (input, output): (&[Cell<X>], &[Cell<Y>]),
        copy: impl Fn(usize, *mut T, usize),
        mut make: impl FnMut(&Band<T>),
    ) {
        let window = self.window;
        let [oh, ow, _] = window.output;
        let mut band = Band {
            rows: [(0, core::ptr::null()); MAX_ROWS],
            ends: [0; MAX_BAND],
            height: 0,
            padding: match &self.source {
                Source::Input(_) => None,
                Source::Ring(ring) => Some(ring.row(ring.rows)),
            },
            first: Strip { pixel: 0, count: 0 },
            pitch: ow,
        };
        for rows in in_order(oh.div_ceil(self.band.max(1)), input, output) {
            let top = rows * self.band;
            // As even as can be, so that no pixel is alone but where all are.
            let parts = ow.div_ceil(self.columns.max(1)).max(1);
            for part in in_order(parts, input, output) {
                let first = part * ow / parts;
                let count = (part + 1) * ow / parts - first;
                band.height = self.band.min(oh - top);
                band.first = Strip {
                    pixel: top * ow + first,
                    count,
                };
                let mut places = band.rows.iter_mut();
                let mut end = 0;
                for (oy, row_end) in (top..top + band.height).zip(&mut band.ends) {
                    let top = oy * window.stride[0];
                    let ([kh, _], [dilation, _]) = (window.kernel, window.dilation);
                    let taps = inside(top, kh, dilation, window.pad[0], window.input[0]);
                    let mut y = (top + taps.start * dilation).saturating_sub(window.pad[0]);
                    let columns = [first, count];
                    let mut put = |ky, row| {
                        if let Some(place) = places.next() {
                            *place = (ky, row);
                            end += 1;
                        }
                    };
                    match &mut self.source {
                        Source::Input(input) => {
                            for ky in taps {
                                put(ky, in_input(*input, window, y, first));
                                y += dilation;
                            }
                        }
                        Source::Ring(ring) => {
                            let mut at = y % ring.rows.max(1);
                            for ky in taps {
                                put(ky, ring.hold(window, [y, at], columns, &copy));
                                y += dilation;
                                // Less than two rounds on.
                                at += dilation;
                                if at >= ring.rows {
                                    at -= ring.rows;
                                }
                            }
                        }
                    }
                    *row_end = end;
                }
                make(&band);
            }
        }
    }
}

/// Where row `y` of an input lies, from the windows of output column `first` on.
#[inline(always)]
fn in_input<T>(input: *const T, window: &Window, y: usize, first: usize) -> *const T {
    let [_, width, channels] = window.input;
    let column = y * width + first * window.stride[1];
    input.wrapping_add(column * channels)
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
        [y, place]: [usize; 2],
        [first, count]: [usize; 2],
        copy: impl Fn(usize, *mut T, usize),
    ) -> *const T {
        let [_, width, channels] = window.input;
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
        // Padding stays where the place held a row of the same columns.
        if held.as_deref().is_none_or(|held| held[1] != first) {
            pad(0, left * channels);
            pad((left + inner) * channels, right * channels + SLACK);
        }
        let from = (y * width + x) * channels;
        copy(from, row.wrapping_add(left * channels), inner * channels);
        if let Some(held) = held {
            *held = [y, first];
        }
        row
    }
}
