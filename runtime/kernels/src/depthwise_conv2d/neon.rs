//! NEON: a few neighbouring pixels of all channels at a time, of the rows that [`rows`](crate::rows) keeps. What the files
//! for f32 and int8 share.
#![allow(unsafe_code)] // Pointers that `check` has measured.

use core::cell::Cell;
use core::mem::MaybeUninit;

use bytemuck::AnyBitPattern;

use crate::Window;
use crate::rows::{MAX_BAND, Rows, Strip, Tiles, Under, fits};

/// Elements of all rows at the most, on the stack.
const SCRATCH: usize = 16 * 1024;
/// Taps of a window at the most.
const MAX_TAPS: usize = 64;

/// Whether there is one output channel for each input channel, and room for what lies under windows.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS && fits(window, SCRATCH)
}

/// A row of outputs.
#[derive(Clone, Copy)]
struct Line<'a, T> {
    /// The rows under its windows, each with its place in them.
    rows: &'a [(usize, *const T)],
    /// Its first pixel.
    pixel: usize,
}

/// Tiles of neighbouring pixels in rows of outputs.
pub(super) struct Part<'a, T> {
    lines: &'a [Line<'a, T>],
    /// Of each row.
    tiles: Tiles,
    /// Elements from pixel to pixel.
    step: usize,
}

impl<T> Part<'_, T> {
    /// What lies under each tile, and its first pixel.
    #[inline(always)]
    pub(super) fn tiles(&self) -> impl Iterator<Item = (Taps<'_, T>, usize)> {
        self.lines.iter().flat_map(|line| {
            (0..self.tiles.count).map(|tile| {
                let pixel = self.tiles.first + tile * self.tiles.pixels;
                let taps = Taps {
                    rows: line.rows,
                    first: pixel * self.step,
                    step: self.step,
                };
                (taps, line.pixel + pixel)
            })
        })
    }
}

/// Elements under the windows of neighbouring pixels.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a, T> {
    /// The rows under the windows, each with its place in them.
    rows: &'a [(usize, *const T)],
    /// The element under the first tap of the first pixel, counted from where rows begin.
    first: usize,
    /// From pixel to pixel.
    pub(super) step: usize,
}

impl<T> Taps<'_, T> {
    /// Whether windows lie in padding as a whole, and rows of padding are left out.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Place in the window of the first row.
    #[inline(always)]
    pub(super) fn top(&self) -> usize {
        self.rows.first().map_or(0, |(ky, _)| *ky)
    }

    /// Three rows, where there are as many, from the element of a channel under the first tap of the first pixel on.
    #[inline(always)]
    pub(super) fn three(&self, channel: usize) -> [*const T; 3] {
        let [a, b, c] = match self.rows {
            [(_, a), (_, b), (_, c)] => [*a, *b, *c],
            _ => [core::ptr::null(); 3],
        };
        [a, b, c].map(|row| row.wrapping_add(self.first + channel))
    }

    /// Each row, from its element under the first tap of the first pixel on.
    #[inline(always)]
    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = *const T> {
        let rows = self.rows.iter();
        rows.map(|(_, row)| row.wrapping_add(self.first))
    }
}

/// Weights by groups of `N` channels.
pub(super) struct Weights<'a, W, const N: usize> {
    all: &'a [W],
    channels: usize,
    /// The weights of the channels that make up no whole group, filled up with zeros.
    rest: Option<[[W; N]; MAX_TAPS]>,
}

impl<'a, W: Copy + Default, const N: usize> Weights<'a, W, N> {
    /// Of weights `[taps, channels]`.
    #[inline(always)]
    pub(super) fn new(all: &'a [W], channels: usize) -> Self {
        let whole = channels / N * N;
        let rest = (whole < channels).then(|| {
            let mut rest = [[W::default(); N]; MAX_TAPS];
            for (place, tap) in rest.iter_mut().zip(all.chunks_exact(channels)) {
                let weights = tap.get(whole..).unwrap_or_default();
                place.iter_mut().zip(weights).for_each(|(it, w)| *it = *w);
            }
            rest
        });
        Weights {
            all,
            channels,
            rest,
        }
    }

    /// The first weight of the group that begins at a channel, and how many lie from tap to tap.
    #[inline(always)]
    pub(super) fn of(&self, channel: usize) -> (*const W, usize) {
        match &self.rest {
            Some(rest) if channel + N > self.channels => (rest.as_ptr().cast(), N),
            _ => (self.all.as_ptr().wrapping_add(channel), self.channels),
        }
    }
}

/// A depthwise layer.
pub(super) trait Layer {
    /// Of the rows.
    type Element: Copy + AnyBitPattern;
    /// Each byte of padding, where rows of padding are read as others are; they are left out elsewhere.
    fn padding(&self) -> Option<u8>;
    /// Pixels of a tile at the most, eight or fewer.
    const MOST: usize;

    /// Makes all channels of tiles of `PIXELS` pixels.
    ///
    /// # Safety
    /// The processor has NEON; the rows lie where they are said to, and the pixels are those of the layer.
    unsafe fn make<const PIXELS: usize>(&self, part: &Part<'_, Self::Element>);
}

/// Runs a layer; `copy(first, to, count)` copies elements of the input. Rows are read from `direct`, the input's first
/// element, where that is given and they need no padding.
///
/// # Safety
/// The processor has NEON; the operands fit the window, which [`holds`]. `copy` writes as many elements as it is asked
/// for; eight elements may be read from the last one of `direct` on where channels are no multiple of eight.
#[inline(always)]
pub(super) unsafe fn run<L: Layer, X>(
    layer: &L,
    window: &Window,
    operands: (&[Cell<X>], &[Cell<X>]),
    direct: Option<*const L::Element>,
    copy: impl Fn(usize, *mut L::Element, usize),
) {
    let step = window.stride[1] * window.output[2];
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let padding = layer.padding();
    let rows = Rows::new(window, &mut scratch, direct, padding.unwrap_or(0));
    let Some(mut rows) = rows else {
        return;
    };
    let mut all = [(0, core::ptr::null()); MAX_TAPS];
    rows.for_each_band(operands, copy, |band| {
        let mut places = &mut all[..];
        let nothing: &[(usize, *const L::Element)] = &[];
        let mut lines = [Line {
            rows: nothing,
            pixel: 0,
        }; MAX_BAND];
        let (mut height, mut strip) = (0, Strip { pixel: 0, count: 0 });
        for (line, (under, row)) in lines.iter_mut().zip(band.strips()) {
            line.pixel = row.pixel;
            line.rows = match padding {
                _ if under.rows().len() == window.kernel[0] => under.rows(),
                // There is room for all taps down all windows of a band.
                Some(_) => match places.split_at_mut_checked(window.kernel[0]) {
                    Some((rows, rest)) => {
                        places = rest;
                        with_padding(&under, rows)
                    }
                    None => break,
                },
                None => under.rows(),
            };
            (height, strip) = (height + 1, row);
        }
        for tiles in strip.equal_tiles(L::MOST) {
            let part = Part {
                lines: lines.get(..height).unwrap_or_default(),
                tiles,
                step,
            };
            // SAFETY: rows hold the windows of the pixels they come with; the rest is the caller's promise.
            unsafe {
                match tiles.pixels {
                    1 => layer.make::<1>(&part),
                    2 => layer.make::<2>(&part),
                    3 => layer.make::<3>(&part),
                    4 => layer.make::<4>(&part),
                    5 => layer.make::<5>(&part),
                    6 if L::MOST > 5 => layer.make::<6>(&part),
                    7 if L::MOST > 5 => layer.make::<7>(&part),
                    _ if L::MOST > 5 => layer.make::<8>(&part),
                    _ => {}
                }
            }
        }
    });
}

/// The rows under windows, those of padding among them; `rows` has room for as many.
#[inline(always)]
fn with_padding<'a, T>(
    under: &Under<'_, T>,
    rows: &'a mut [(usize, *const T)],
) -> &'a [(usize, *const T)] {
    let padding = under.padding().unwrap_or(core::ptr::null());
    for (ky, place) in rows.iter_mut().enumerate() {
        *place = (ky, padding);
    }
    for &(ky, row) in under.rows() {
        if let Some(place) = rows.get_mut(ky) {
            *place = (ky, row);
        }
    }
    rows
}

/// The pixel of a tile whose tap lies in a column, where pixels are so many columns apart.
#[inline(always)]
pub(super) fn pixel_of<const PIXELS: usize, const STRIDE: usize>(
    column: usize,
    tap: usize,
) -> Option<usize> {
    let first = column.checked_sub(tap)?;
    (first % STRIDE == 0 && first / STRIDE < PIXELS).then_some(first / STRIDE)
}

/// A loop over columns of a tile that the compiler would keep, and all sums in memory with it.
macro_rules! unrolled {
    ($column:ident < $count:expr, $body:block) => {
        unrolled!(@ $column $body ($count) 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16)
    };
    (@ $column:ident $body:block $count:tt $($at:literal)*) => {
        $(
            if $at < $count {
                let $column = $at;
                $body
            }
        )*
    };
}
pub(super) use unrolled;
