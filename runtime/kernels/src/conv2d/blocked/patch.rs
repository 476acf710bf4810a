//! What lies under the windows of a few pixels: runs in the rows that [`rows`](crate::rows) keeps.
#![allow(unsafe_code)] // Pointers into rows and the scratch memory, whose lengths are known.

use core::cell::Cell;
use core::mem::MaybeUninit;

use bytemuck::AnyBitPattern;

use crate::blocked::runs;
#[cfg(target_arch = "aarch64")]
use crate::neon::copy;
use crate::overlap::is_apart;
#[cfg(target_arch = "aarch64")]
use crate::rows::Tiles;
use crate::rows::{Rows, Strip, Under, fits, flattened};
use crate::{Window, product};

/// Elements of all rows at the most, on the stack.
const SCRATCH: usize = 16 * 1024;
/// Elements of a tile whose runs are put together at the most, on the stack.
const GATHERED: usize = 8 * 1024;
/// Runs at the most.
const MAX_RUNS: usize = 16;
/// What the length of a pixel's elements is a multiple of where they are put together, and what is copied in one go.
const STEP: usize = 16;

/// What lies under the windows of neighbouring pixels.
#[derive(Clone, Copy)]
pub(super) struct Patch<'a, T> {
    /// Parts of the depth: which, and where its elements begin.
    pub(super) runs: &'a [(usize, *const T)],
    /// The first element of the first pixel, counted from there.
    pub(super) first: usize,
    /// From pixel to pixel.
    pub(super) step: usize,
    /// Elements in a run of a pixel.
    pub(super) length: usize,
}

/// Tiles that read the weights of a block one after the other, at the most.
#[cfg(target_arch = "aarch64")]
const MAX_TILES: usize = 8;

#[cfg(target_arch = "aarch64")]
impl<T: Copy> Patch<'_, T> {
    /// Where a run begins for each of `ROWS` pixels, or for the last one of `count` behind them.
    #[inline(always)]
    pub(super) fn rows<const ROWS: usize>(&self, run: *const T, count: usize) -> [*const T; ROWS] {
        core::array::from_fn(|row| run.wrapping_add(self.first + row.min(count - 1) * self.step))
    }

    /// With a run of no elements where there is none, so that the compiler knows of one: sums then begin in registers.
    #[inline(always)]
    pub(super) fn with_a_run(self) -> Self
    where
        T: 'static,
    {
        match self.runs {
            [] => Patch {
                runs: const { &[(0, core::ptr::null())] },
                length: 0,
                ..self
            },
            _ => self,
        }
    }

    /// Cuts a strip into tiles of at most `most` pixels. Calls `several` with what lies under some of a length that are
    /// neighbours, and with these, whose first pixel is counted from the start of the output.
    #[inline(always)]
    pub(super) fn for_each_tiles(
        self,
        strip: Strip,
        most: usize,
        mut several: impl FnMut(Self, Tiles),
    ) {
        for tiles in strip.equal_tiles(most) {
            for done in (0..tiles.count).step_by(MAX_TILES) {
                let first = tiles.first + done * tiles.pixels;
                let some = Tiles {
                    first: strip.pixel + first,
                    count: MAX_TILES.min(tiles.count - done),
                    ..tiles
                };
                several(self.ahead(first), some);
            }
        }
    }

    /// From so many pixels on.
    #[inline(always)]
    pub(super) fn ahead(self, pixels: usize) -> Self {
        Patch {
            first: self.first + pixels * self.step,
            ..self
        }
    }
}

/// Whether what lies under windows has room, where runs have to be a [multiple](Input::multiple).
pub(super) fn holds(window: &Window, multiple: usize) -> bool {
    let [runs, length] = runs(window.kernel, window.dilation, window.input[2]);
    let depth = product(&[runs, length]);
    fits(&flattened(window), SCRATCH)
        && runs <= MAX_RUNS
        && (is_whole([runs, length], multiple)
            || depth.is_some_and(|depth| depth <= GATHERED - STEP))
}

/// Whether runs are read where they lie.
fn is_whole([runs, length]: [usize; 2], multiple: usize) -> bool {
    runs == 1 || length.is_multiple_of(multiple)
}

/// From the first element, to the first place, how many.
///
/// # Safety
/// So many elements are there, and have room; the processor has the instructions.
pub(super) type Convert<T> = unsafe fn(*const T, *mut T, usize);

/// Copies elements.
///
/// # Safety
/// As [`Convert`] says.
#[cfg(not(target_arch = "aarch64"))]
#[inline(always)]
unsafe fn copy<T>(from: *const T, to: *mut T, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { from.copy_to_nonoverlapping(to, count) };
}

/// What is read.
pub(super) struct Input<'a, T> {
    pub(super) window: &'a Window,
    pub(super) cells: &'a [Cell<T>],
    /// Each byte of it.
    pub(super) padding: u8,
    /// Runs have to be a multiple of so many elements, unless there is but one.
    pub(super) multiple: usize,
    /// Writes as many elements as rows hold them, where they are not held as they are.
    pub(super) convert: Option<Convert<T>>,
}

/// Calls `tile(patch, first pixel, pixels)` for tiles of at most `most` pixels, in the order that overlapping operands
/// ask for. Behind a run that is no multiple there are elements that may be read.
///
/// # Safety
/// The operands fit the window, which [`holds`].
#[inline(always)]
pub(super) unsafe fn for_each_patch<T: Copy + AnyBitPattern>(
    input: &Input<'_, T>,
    output: &[Cell<T>],
    most: usize,
    mut tile: impl FnMut(Patch<'_, T>, usize, usize),
) {
    let window = flattened(input.window);
    let channels = window.input[2];
    let [count, length] = runs(window.kernel, window.dilation, channels);
    let from = input.cells.as_ptr().cast::<T>();
    // Rows of padding are in the ring only, and so is what may be read behind the last element. Runs that stand alone leave
    // such rows out, so that what a part of the rows is made of does not hang on where it lies.
    let last = (window.output[0] - 1) * window.stride[0] + window.span()[0];
    let has_padding = window.pad[0] > 0 || last > window.input[0];
    let is_direct = length.is_multiple_of(input.multiple)
        && input.convert.is_none()
        && is_apart(input.cells, output);
    let mut scratch = [const { MaybeUninit::uninit() }; SCRATCH];
    let direct = (is_direct && (input.multiple == 1 || !has_padding)).then_some(from);
    let rows = Rows::new(&window, &mut scratch, direct, input.padding);
    let Some(mut rows) = rows else {
        return;
    };
    let step = window.stride[1] * channels;
    // `max(1)`, here and below, says to the compiler what the contract has checked.
    let a_pixel = (count * length).next_multiple_of(STEP).max(1);
    let most_gathered = (GATHERED.saturating_sub(STEP) / a_pixel).max(1);
    rows.for_each_strip(
        (input.cells, output),
        // SAFETY: so many elements are in the input, and have room in the row.
        |first, to, count| unsafe {
            match input.convert {
                Some(convert) => convert(from.add(first), to, count),
                None => copy(from.add(first), to, count),
            }
        },
        |under, strip| {
            let mut all = [(0, core::ptr::null()); MAX_RUNS];
            let all = under_runs(&window, under, &mut all);
            let patch = |first: usize| Patch {
                runs: all,
                first: first * step,
                step,
                length,
            };
            if is_whole([count, length], input.multiple) {
                for (first, pixels) in strip.tiles(most) {
                    tile(patch(first), strip.pixel + first, pixels);
                }
            } else {
                for (first, pixels) in strip.tiles(most.min(most_gathered)) {
                    let strip = Strip {
                        pixel: strip.pixel + first,
                        count: pixels,
                    };
                    // SAFETY: so many pixels have room, and the runs are the window's.
                    unsafe { gather(patch(first), strip, &mut tile) };
                }
            }
        },
    );
}

/// The runs under a strip, in order, those of padding among them where there is a row of padding.
#[inline(always)]
fn under_runs<'a, T>(
    window: &Window,
    under: &Under<'_, T>,
    runs: &'a mut [(usize, *const T); MAX_RUNS],
) -> &'a [(usize, *const T)] {
    let ([kh, kw], dilation) = (window.kernel, window.dilation[1]);
    let (a_row, next) = match dilation {
        1 => (1, 0),
        _ => (kw, dilation * window.input[2]),
    };
    let mut places = runs.iter_mut();
    let mut rows = under.rows().iter().peekable();
    let mut count = 0;
    for ky in 0..kh {
        let inside = rows.next_if(|(at, _)| *at == ky).map(|(_, row)| *row);
        let Some(row) = inside.or(under.padding()) else {
            continue;
        };
        for run in 0..a_row {
            if let Some(place) = places.next() {
                *place = (ky * a_row + run, row.wrapping_add(run * next));
                count += 1;
            }
        }
    }
    runs.get(..count).unwrap_or_default()
}

/// Calls `tile` with the runs of each pixel put together, which makes them one.
///
/// # Safety
/// The patch has so many pixels, for which there is room; 16 elements may be read behind every run.
#[inline(never)]
unsafe fn gather<T: Copy>(
    patch: Patch<'_, T>,
    strip: Strip,
    tile: &mut impl FnMut(Patch<'_, T>, usize, usize),
) {
    let mut scratch = [const { MaybeUninit::<T>::uninit() }; GATHERED];
    let at = scratch.as_mut_ptr().cast::<T>();
    let length = patch.runs.len() * patch.length;
    let step = length.next_multiple_of(STEP);
    let chunk = size_of::<[u8; STEP]>() / size_of::<T>().max(1);
    for pixel in 0..strip.count {
        let mut to = at.wrapping_add(pixel * step);
        // SAFETY: the room of a pixel ends there.
        unsafe { to.add(step - STEP).write_bytes(0, STEP) };
        for (_, run) in patch.runs {
            let from = run.wrapping_add(patch.first + pixel * patch.step);
            // SAFETY: the caller's promise. What is written behind a run is written again by the next one.
            unsafe {
                from.copy_to_nonoverlapping(to, chunk);
                for done in (chunk..patch.length).step_by(chunk.max(1)) {
                    from.add(done).copy_to_nonoverlapping(to.add(done), chunk);
                }
            }
            to = to.wrapping_add(patch.length);
        }
    }
    let gathered = Patch {
        runs: &[(0, at.cast_const())],
        first: 0,
        step,
        length,
    };
    tile(gathered, strip.pixel, strip.count);
}
