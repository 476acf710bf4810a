//! The output of a kernel, made in parts by several threads.
//!
//! A part is the kernel itself on operands that are cut: rows of outputs with the rows of the input under their windows,
//! blocks of channels of a single pixel, or a run of elements. Cuts are such that each output is made by the same
//! operations, in the same order, as without: results are the same bit for bit, whatever the number of parts, floats
//! included.
//!
//! Parts share the input and nothing else. Where the plan lets the output overlap it, the input is copied to scratch
//! memory first; where there is no room for that, the kernel runs as a whole.
#![allow(unsafe_code)] // One wrapper: cells that several threads see.

mod blocks;
mod elements;
mod rows;
#[cfg(test)]
mod tests;

use core::cell::Cell;
use core::ops::Range;

use bytemuck::Pod;

use crate::overlap::is_apart;
use crate::{ContractError, Isa, Result, Window, view};

pub(crate) use blocks::{Blocks, by_blocks};
pub(crate) use elements::by_elements;
pub(crate) use rows::by_rows;

/// Parts at the most.
pub const MAX_PARTS: usize = 64;

/// Threads that wait for work. A trait, so that neither kernels nor engine know what a thread is.
///
/// # Safety
/// [`run`](Self::run) calls `work` with each of `0..parts` exactly once, on whatever threads, and returns or unwinds
/// when all calls have ended; what they wrote can be read then.
pub unsafe trait Team: Sync {
    /// How many calls run at the same time at best.
    fn hands(&self) -> usize;

    /// Calls `work` with each of `0..parts`.
    fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync));
}

/// A team, and memory for what its threads must not overwrite while others read it.
#[derive(Clone, Copy)]
pub struct Crew<'a> {
    /// The threads.
    pub team: &'a dyn Team,
    /// Room for a copy of an input. Steps whose input overlaps their output and is larger run on one thread.
    pub scratch: &'a [Cell<u8>],
    /// There is none where nothing asks for crews, and what is for them is left out.
    #[cfg(not(any(test, feature = "crew")))]
    #[expect(dead_code, reason = "nobody can make one")]
    never: core::convert::Infallible,
}

/// How much there is to do.
#[derive(Clone, Copy)]
pub(crate) struct Work {
    /// In all.
    amount: usize,
    /// In a part at the least: less takes about as long as to hand it over.
    least: usize,
}

impl Work {
    /// Multiplications by the vector files, and by the scalar ones.
    const PRODUCTS: [usize; 2] = [64 * 1024, 4 * 1024];
    /// Those of depthwise layers.
    const CHANNELWISE: [usize; 2] = [16 * 1024, 4 * 1024];
    /// Elements of functions of elements, and taps of poolings.
    const ELEMENTS: usize = 4 * 1024;
    const TAPS: usize = 16 * 1024;

    /// Of a layer in which each output reads so many channels of the input.
    pub(crate) fn products(window: &Window, channels: usize, isa: Isa) -> Work {
        let depth = window.taps().saturating_mul(channels);
        Work::of(
            window,
            depth,
            Work::PRODUCTS[usize::from(isa == Isa::Baseline)],
        )
    }

    /// Of a depthwise layer.
    pub(crate) fn channelwise(window: &Window, isa: Isa) -> Work {
        let least = Work::CHANNELWISE[usize::from(isa == Isa::Baseline)];
        Work::of(window, window.taps(), least)
    }

    /// Of a pooling.
    pub(crate) fn taps(window: &Window) -> Work {
        Work::of(window, window.taps(), Work::TAPS)
    }

    /// Of a function of elements.
    pub(crate) fn elements(count: usize) -> Work {
        Work {
            amount: count,
            least: Work::ELEMENTS,
        }
    }

    fn of(window: &Window, each: usize, least: usize) -> Work {
        let outputs = window.output.iter();
        Work {
            amount: outputs.fold(each, |n, &it| n.saturating_mul(it)),
            least,
        }
    }
}

impl<'a> Crew<'a> {
    /// How many parts to make of so many `units`, which are not cut themselves; `None` where one is best.
    fn parts(&self, work: Work, units: usize) -> Option<usize> {
        // Tests cut what is too small to be worth it.
        let least = if cfg!(test) { 1 } else { work.least };
        let most = work.amount.checked_div(least)?;
        let parts = self.team.hands().min(most).min(units).min(MAX_PARTS);
        (parts > 1).then_some(parts)
    }

    /// The input, or a copy of it where the output overlaps it; `None` where there is no room, or the copy could make
    /// another result.
    fn apart<X: Pod, Y>(
        &self,
        window: &Window,
        input: &'a [Cell<X>],
        output: &[Cell<Y>],
    ) -> Option<&'a [Cell<X>]> {
        if is_apart(input, output) {
            return Some(input);
        }
        let copy = view(self.scratch.get(..size_of_val(input))?)?;
        if !is_made_alike(window) || !is_apart(copy, output) || !is_apart(copy, input) {
            return None;
        }
        copy.iter().zip(input).for_each(|(to, x)| to.set(x.get()));
        Some(copy)
    }
}

/// Whether vector files make the same of an input that overlaps the output, which they hold in rows of their own, and of a
/// copy, which they may read in place: where they hold that too, since it has padding at its sides, or where nothing is
/// padding.
fn is_made_alike(window: &Window) -> bool {
    window.is_padded(1) || !window.is_padded(0)
}

/// A function that may be called by several threads at the same time.
struct Shared<F>(F);

// SAFETY: only `run` makes one, whose callers see to it.
unsafe impl<F> Sync for Shared<F> {}

impl<F: Fn(usize)> Shared<F> {
    fn call(&self, part: usize) {
        (self.0)(part);
    }
}

/// Calls `make` with each of `0..parts`, at most [`MAX_PARTS`], by the team.
///
/// # Safety
/// Calls with different numbers may run at the same time: no cell that one of them writes is read or written by another.
unsafe fn run(team: &dyn Team, parts: usize, make: impl Fn(usize) -> Result) -> Result {
    let is_made = [const { Cell::new(false) }; MAX_PARTS];
    // Each call has a place of its own, since a team makes it once.
    let work = Shared(|part: usize| {
        if let (Ok(()), Some(place)) = (make(part), is_made.get(part)) {
            place.set(true);
        }
    });
    team.run(parts, &|part| work.call(part));
    match is_made.iter().take(parts).all(Cell::get) {
        true => Ok(()),
        false => Err(ContractError),
    }
}

/// The place of part `part` of `parts` among `count`: parts are as even as can be.
fn range(part: usize, parts: usize, count: usize) -> Range<usize> {
    // `max(1)` says to the compiler that there are parts.
    let (each, rest) = (count / parts.max(1), count % parts.max(1));
    let start = |part: usize| part * each + part * rest / parts.max(1);
    start(part)..start(part + 1)
}
