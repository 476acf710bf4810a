//! NEON: a few neighbouring pixels of all channels at a time, of the rows that [`rows`](crate::rows) keeps. What the files
//! for f32 and int8 share.
#![allow(unsafe_code)] // Pointers that `check` has measured.

use core::cell::Cell;
use core::mem::MaybeUninit;

use bytemuck::AnyBitPattern;

use crate::Window;
use crate::rows::{Rows, Under, fits};

/// Elements of all rows at the most, on the stack.
const SCRATCH: usize = 16 * 1024;
/// Taps of a window at the most.
const MAX_TAPS: usize = 64;

/// Whether there is one output channel for each input channel, and room for what lies under windows.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && window.taps() <= MAX_TAPS && fits(window, SCRATCH)
}

/// Elements under the windows of neighbouring pixels.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a, T> {
    /// The rows under the windows, each with its place in them, from its element under the first tap of the first pixel
    /// on.
    rows: &'a [(usize, *const T)],
    /// That element, counted from where rows begin.
    first: usize,
    /// From pixel to pixel.
    pub(super) step: usize,
}

impl<T> Taps<'_, T> {
    /// Place in the window of the first row.
    #[inline(always)]
    pub(super) fn top(&self) -> usize {
        self.rows.first().map_or(0, |(ky, _)| *ky)
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
    rest: [[W; N]; MAX_TAPS],
}

impl<'a, W: Copy + Default, const N: usize> Weights<'a, W, N> {
    /// Of weights `[taps, channels]`.
    #[inline(always)]
    pub(super) fn new(all: &'a [W], channels: usize) -> Self {
        let mut rest = [[W::default(); N]; MAX_TAPS];
        let whole = channels / N * N;
        if whole < channels {
            for (place, tap) in rest.iter_mut().zip(all.chunks_exact(channels)) {
                let weights = tap.get(whole..).unwrap_or_default();
                place.iter_mut().zip(weights).for_each(|(it, w)| *it = *w);
            }
        }
        Weights {
            all,
            channels,
            rest,
        }
    }

    /// The first weight of the group that begins at a channel, and how many lie from tap to tap.
    #[inline(always)]
    pub(super) fn of(&self, channel: usize) -> (*const W, usize) {
        match channel + N <= self.channels {
            true => (self.all.as_ptr().wrapping_add(channel), self.channels),
            false => (self.rest.as_ptr().cast(), N),
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

    /// Makes all channels of `PIXELS` pixels from `pixel` on.
    ///
    /// # Safety
    /// The processor has NEON; the taps lie where they are said to, and the pixels are those of the layer.
    unsafe fn tile<const PIXELS: usize>(&self, taps: Taps<'_, Self::Element>, pixel: usize);
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
    rows.for_each_strip(operands, copy, |under, strip| {
        let mut all = [(0, core::ptr::null()); MAX_TAPS];
        let rows = match padding {
            Some(_) => with_padding(under, window.kernel[0], &mut all),
            None => under.rows(),
        };
        for (first, pixels) in strip.tiles(L::MOST) {
            let taps = Taps {
                rows,
                first: first * step,
                step,
            };
            let pixel = strip.pixel + first;
            // SAFETY: rows hold the windows of the pixels they come with; the rest is the caller's promise.
            unsafe {
                match pixels {
                    1 => layer.tile::<1>(taps, pixel),
                    2 => layer.tile::<2>(taps, pixel),
                    3 => layer.tile::<3>(taps, pixel),
                    4 => layer.tile::<4>(taps, pixel),
                    5 => layer.tile::<5>(taps, pixel),
                    6 if L::MOST > 5 => layer.tile::<6>(taps, pixel),
                    7 if L::MOST > 5 => layer.tile::<7>(taps, pixel),
                    _ if L::MOST > 5 => layer.tile::<8>(taps, pixel),
                    _ => {}
                }
            }
        }
    });
}

/// The rows under windows of so many, those of padding among them.
#[inline(always)]
fn with_padding<'a, T>(
    under: &Under<'_, T>,
    height: usize,
    rows: &'a mut [(usize, *const T); MAX_TAPS],
) -> &'a [(usize, *const T)] {
    let rows = rows.get_mut(..height).unwrap_or_default();
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
