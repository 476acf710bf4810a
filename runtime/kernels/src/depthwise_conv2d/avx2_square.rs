//! AVX2 in int8, for windows of 3 x 3. Elements of neighbouring rows are paired, the third with one whose weights are
//! zero. Where windows go down row by row, two rows of outputs are made at a time, and a pair serves both: with the weights
//! of its rows in the one, in the other, or a zero. Where they go on column by column, it serves two pixels too.
#![allow(unsafe_code)] // Vector instructions, and pointers that the caller has measured.

use core::arch::x86_64::*;

use crate::Window;
use crate::avx2::{in_order, opaque, store_i8};

/// Pairs of weights of a block: of each column, those of the upper and the lower pair in the first row of outputs, then
/// in the second.
pub(super) const PAIRS: usize = 12;

/// Whether windows are such.
pub(super) fn is_one(window: &Window) -> bool {
    window.kernel == [3, 3] && window.dilation[0] == 1
}

/// Those of a column, of its weights from the top.
#[inline]
#[target_feature(enable = "avx2,fma")]
pub(super) fn pairs([top, middle, bottom]: [__m256i; 3]) -> [[__m256i; 2]; PAIRS / 3] {
    let zero = _mm256_setzero_si256();
    [[top, middle], [bottom, zero], [zero, top], [middle, bottom]]
}

/// Blocks with the same weights, side by side.
pub(super) struct Square {
    /// Elements of the input from tap to tap.
    pub(super) tap_step: usize,
    /// The pairs, interleaved.
    pub(super) weights: *const [__m256i; 2],
    pub(super) bias: [__m256i; 2],
    /// From block to block: elements of the input and of the output.
    pub(super) steps: [usize; 2],
    pub(super) count: usize,
    /// Of a block.
    pub(super) lanes: usize,
}

impl Square {
    /// Makes one or two rows of outputs.
    ///
    /// # Safety
    /// The processor has AVX2; 16 elements are behind each tap for every block, and so many lanes in its output.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(super) unsafe fn rows<const ROWS: usize>(
        &self,
        inputs: [*const i16; 4],
        outputs: [*mut i8; ROWS],
        finish: &impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let whole = |output: *mut i8, bytes| {
            // SAFETY: sixteen lanes are in the output.
            unsafe { _mm_storeu_si128(output.cast(), bytes) }
        };
        let part = |output, bytes| {
            // SAFETY: so many lanes are in the output.
            unsafe { store_i8(output, bytes, self.lanes) }
        };
        // SAFETY: the caller's promise.
        unsafe {
            match self.lanes {
                16.. => self.blocks(inputs, outputs, whole, finish),
                _ => self.blocks(inputs, outputs, part, finish),
            }
        }
    }

    /// As [`rows`](Self::rows).
    ///
    /// # Safety
    /// As there.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn blocks<const ROWS: usize>(
        &self,
        inputs: [*const i16; 4],
        mut outputs: [*mut i8; ROWS],
        store: impl Fn(*mut i8, __m128i),
        finish: &impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let (mut first, mut left) = (0, self.count);
        // SAFETY: the caller's promise.
        unsafe {
            while left >= 2 && self.steps[0] == self.tap_step {
                self.some::<ROWS, 2>(inputs, first, &mut outputs, &store, finish);
                first += 2 * self.steps[0];
                left -= 2;
            }
            while left > 0 {
                self.some::<ROWS, 1>(inputs, first, &mut outputs, &store, finish);
                first += self.steps[0];
                left -= 1;
            }
        }
    }

    /// Makes `BLOCKS` blocks of each row, and on to the next.
    ///
    /// # Safety
    /// As [`rows`](Self::rows), from element `first` on; several blocks are so far from each other as taps are.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn some<const ROWS: usize, const BLOCKS: usize>(
        &self,
        [a, b, c, d]: [*const i16; 4],
        first: usize,
        outputs: &mut [*mut i8; ROWS],
        store: &impl Fn(*mut i8, __m128i),
        finish: &impl Fn([__m256i; 2]) -> __m128i,
    ) {
        let mut sums = [[self.bias; BLOCKS]; ROWS];
        let mut x = opaque(first);
        for column in 0..BLOCKS + 2 {
            // SAFETY: the caller's promise.
            unsafe {
                let load = |row: *const i16| _mm256_loadu_si256(row.add(x).cast());
                let (a, b, c, d) = (load(a), load(b), load(c), load(d));
                let pairs = [
                    [_mm256_unpacklo_epi16(a, b), _mm256_unpackhi_epi16(a, b)],
                    [_mm256_unpacklo_epi16(c, d), _mm256_unpackhi_epi16(c, d)],
                ];
                for (row, sums) in sums.iter_mut().enumerate() {
                    for (block, sums) in sums.iter_mut().enumerate() {
                        let tap = column.wrapping_sub(block);
                        if tap < 3 {
                            for (at, pair) in pairs.iter().enumerate() {
                                let weights = self.weights.add(4 * tap + 2 * row + at).read();
                                for (sum, (x, w)) in sums.iter_mut().zip(pair.iter().zip(weights)) {
                                    *sum =
                                        in_order(_mm256_add_epi32(*sum, _mm256_madd_epi16(*x, w)));
                                }
                            }
                        }
                    }
                }
            }
            x = opaque(x + self.tap_step);
        }
        for (output, sums) in outputs.iter_mut().zip(sums) {
            for sums in sums {
                store(*output, finish(sums));
                *output = output.wrapping_add(self.steps[1]);
            }
        }
    }
}
