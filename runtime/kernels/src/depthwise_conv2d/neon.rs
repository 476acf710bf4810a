//! NEON: a few neighbouring pixels times 8 channels at a time, of the rows that [`rows`](crate::rows) keeps. What the
//! files for f32 and int8 share.
#![allow(unsafe_code)] // Pointers that `check` has measured.

use core::cell::Cell;
use core::mem::MaybeUninit;

use bytemuck::AnyBitPattern;

use crate::Window;
use crate::rows::{Rows, fits};

/// Channels at a time.
pub(super) const CHANNELS: usize = 8;

/// Elements of all rows at the most, on the stack.
const SCRATCH: usize = 16 * 1024;

/// Whether there is one output channel for each input channel, and what lies under windows has room.
pub(super) fn holds(window: &Window) -> bool {
    window.input[2] == window.output[2] && fits(window, SCRATCH)
}

/// Weights of eight channels.
#[derive(Clone, Copy)]
pub(super) struct Weights<T> {
    /// Those of the first tap.
    pub(super) at: *const T,
    /// From tap to tap.
    pub(super) stride: usize,
}

/// A depthwise layer, by eight channels.
pub(super) trait Layer {
    /// Of the copies.
    type Element: Copy + AnyBitPattern;
    /// Of the weights.
    type Weight: Copy;
    /// Eight elements or weights in registers.
    type Eight: Copy;
    /// Their sums.
    type Sums: Copy;

    /// # Safety
    /// Eight elements are at `from`.
    unsafe fn load(from: *const Self::Element) -> Self::Eight;

    /// # Safety
    /// Eight weights are at `from`.
    unsafe fn load_weights(from: *const Self::Weight) -> Self::Eight;

    /// `sums + x * w`.
    fn add(sums: &mut Self::Sums, x: Self::Eight, w: Self::Eight);

    /// What the sums begin with.
    fn start(&self, channel: usize) -> Self::Sums;

    /// Weights of the channels from `channel` on, filled up with anything.
    fn weights(&self, channel: usize) -> Weights<Self::Weight>;

    /// Writes the channels from `channel` on of `PIXELS` output pixels.
    ///
    /// # Safety
    /// They are pixels and channels of the layer.
    unsafe fn finish<const PIXELS: usize>(
        &self,
        sums: [Self::Sums; PIXELS],
        first_pixel: usize,
        channel: usize,
    );
}

/// Elements under the windows of neighbouring pixels, of eight channels.
#[derive(Clone, Copy)]
struct Taps<'a, T> {
    /// The rows of taps inside the input, each with its place in the window.
    rows: &'a [(usize, *const T)],
    /// The first element in each row.
    first: usize,
    /// From pixel to pixel.
    step: usize,
}

/// Runs a layer; `copy(first, to, count)` copies elements of the input. Rows are read from `direct`, the input's first
/// element, where that is given and they need no padding.
///
/// # Safety
/// The processor has NEON; the operands fit the window, which [`holds`]. `copy` writes as many elements as it is asked
/// for; eight elements may be read from the last one of `direct` on where channels are no multiple of eight.
#[inline]
#[target_feature(enable = "neon")]
pub(super) unsafe fn run<L: Layer, X>(
    layer: &L,
    window: &Window,
    operands: (&[Cell<X>], &[Cell<X>]),
    direct: Option<*const L::Element>,
    copy: impl Fn(usize, *mut L::Element, usize),
) {
    let channels = window.output[2];
    let step = window.stride[1] * channels;
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let Some(mut rows) = Rows::new(window, &mut scratch, direct) else {
        return;
    };
    rows.for_each_strip(operands, copy, |under, strip| {
        let rows = under.rows();
        for (first, pixels) in strip.tiles(8) {
            for channel in (0..channels).step_by(CHANNELS) {
                let taps = Taps {
                    rows,
                    first: first * step + channel,
                    step,
                };
                let place = (strip.pixel + first, channel);
                // SAFETY: rows hold the windows of the pixels they come with; the rest is the caller's promise.
                unsafe {
                    match pixels {
                        1 => tile::<L, 1>(layer, window, taps, place),
                        2 => tile::<L, 2>(layer, window, taps, place),
                        3 => tile::<L, 3>(layer, window, taps, place),
                        4 => tile::<L, 4>(layer, window, taps, place),
                        5 => tile::<L, 5>(layer, window, taps, place),
                        6 => tile::<L, 6>(layer, window, taps, place),
                        7 => tile::<L, 7>(layer, window, taps, place),
                        _ => tile::<L, 8>(layer, window, taps, place),
                    }
                }
            }
        }
    });
}

/// Eight channels of `PIXELS` pixels.
///
/// # Safety
/// As [`run`]; the taps lie where they are said to.
#[target_feature(enable = "neon")]
unsafe fn tile<L: Layer, const PIXELS: usize>(
    layer: &L,
    window: &Window,
    taps: Taps<'_, L::Element>,
    (pixel, channel): (usize, usize),
) {
    let mut sums = [layer.start(channel); PIXELS];
    let weights = layer.weights(channel);
    // SAFETY: the caller's promise.
    unsafe {
        if (window.kernel[1], window.stride[1], window.dilation[1]) == (3, 1, 1) {
            shared::<L, PIXELS>(&mut sums, taps, weights);
        } else {
            apart::<L, PIXELS>(&mut sums, taps, weights, window);
        }
        layer.finish(sums, pixel, channel);
    }
}

/// Sums of windows of three columns, side by side: what two or three pixels read is loaded once.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn shared<L: Layer, const PIXELS: usize>(
    sums: &mut [L::Sums; PIXELS],
    taps: Taps<'_, L::Element>,
    weights: Weights<L::Weight>,
) {
    for (ky, row) in taps.rows {
        let w_at = weights.at.wrapping_add(3 * ky * weights.stride);
        // SAFETY: the caller's promise.
        unsafe {
            let mut x_at = row.add(taps.first);
            let w: [L::Eight; 3] =
                core::array::from_fn(|kx| L::load_weights(w_at.add(kx * weights.stride)));
            for column in 0..PIXELS + 2 {
                let x = L::load(x_at);
                x_at = x_at.wrapping_add(taps.step);
                for (kx, w) in w.iter().enumerate() {
                    if let Some(pixel) = column.checked_sub(kx).filter(|it| *it < PIXELS) {
                        L::add(&mut sums[pixel], x, *w);
                    }
                }
            }
        }
    }
}

/// Sums of any windows.
///
/// # Safety
/// As [`tile`].
#[inline]
#[target_feature(enable = "neon")]
unsafe fn apart<L: Layer, const PIXELS: usize>(
    sums: &mut [L::Sums; PIXELS],
    taps: Taps<'_, L::Element>,
    weights: Weights<L::Weight>,
    window: &Window,
) {
    let next = window.dilation[1] * window.input[2];
    let columns = window.kernel[1];
    for (ky, row) in taps.rows {
        let mut w_at = weights.at.wrapping_add(ky * columns * weights.stride);
        let mut x_at = row.wrapping_add(taps.first);
        for _ in 0..columns {
            // SAFETY: the caller's promise.
            unsafe {
                let w = L::load_weights(w_at);
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    L::add(sums, L::load(x_at.add(pixel * taps.step)), w);
                }
            }
            w_at = w_at.wrapping_add(weights.stride);
            x_at = x_at.wrapping_add(next);
        }
    }
}
