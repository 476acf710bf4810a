//! AVX2: eight outputs in a register, four inputs at a time. A byte times a byte is there for an unsigned one and a signed
//! one only, and adds pairs of products in 16 bits: int8 takes the input's magnitudes, and weights with its signs, so that
//! no pair is beyond 2 * 127 * 127; halves of bytes are unsigned, and a group of them times the input stays within 16
//! bits.
#![allow(unsafe_code)] // Vector instructions, and pointers that the contract has measured.
#![allow(clippy::needless_range_loop)] // Constant ranges are unrolled, so that sums stay in registers.

use core::arch::x86_64::*;

use super::quantize::scales;
use super::{CHANNELS, F32, HEAD, Q4_GROUP, QUAD, Weights};
use crate::avx2::{LANES, load_f32, store_f32};
use crate::{Avx2, f16};

/// Rows that use weights while they are in registers.
const ROWS: usize = 4;
/// Registers of outputs at a time where there is but one row.
const ALONE: usize = 4;

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    // SAFETY: the token proves that the processor has the instructions; lengths were checked.
    unsafe {
        quantize(op);
        match op.weights {
            Weights::Q8(weights) => all::<false>(op, weights.as_ptr().cast()),
            Weights::Q4(weights) => all::<true>(op, weights.as_ptr()),
        }
    }
}

/// As [`rows`](super::quantize::rows).
///
/// # Safety
/// The processor has AVX2; the lengths of the operands fit.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn quantize(op: &F32<'_>) {
    let mut words = op.scratch.as_ptr().cast::<u32>().cast_mut();
    for row in 0..op.rows {
        let x = op
            .input
            .as_ptr()
            .cast::<f32>()
            .wrapping_add(row * op.inputs);
        // `max(1)` says to the compiler what the contract has checked.
        for first in (0..op.inputs).step_by(op.group.max(1)) {
            let there = op.group.min(op.inputs - first);
            // SAFETY: so many elements are there, and the words of a group.
            unsafe { quantize_group(x.add(first), there, words, op.group) };
            words = words.wrapping_add(op.group_words());
        }
    }
}

/// A group of `count` elements, of which `there` are.
///
/// # Safety
/// The processor has AVX2; the elements and the group's words are there.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn quantize_group(x: *const f32, there: usize, words: *mut u32, count: usize) {
    let eight = |first: usize| match there.saturating_sub(first) {
        0 => _mm256_setzero_ps(),
        // SAFETY: so many are there.
        left => unsafe { load_f32(x.add(first), left) },
    };
    let magnitude = _mm256_set1_epi32(0x7fff_ffff);
    let mut most = _mm256_setzero_si256();
    for first in (0..count).step_by(LANES) {
        let bits = _mm256_castps_si256(eight(first));
        most = _mm256_max_epi32(most, _mm256_and_si256(bits, magnitude));
    }
    let (scale, to_integers) = scales(greatest(most));
    let factor = _mm256_set1_ps(to_integers);
    let mut sums = _mm256_setzero_si256();
    for first in (0..count).step_by(LANES) {
        let integers = _mm256_cvtps_epi32(_mm256_mul_ps(eight(first), factor));
        sums = _mm256_add_epi32(sums, integers);
        let halves = _mm256_packs_epi32(integers, integers);
        let bytes = _mm256_packs_epi16(halves, halves);
        // SAFETY: the group has these words.
        unsafe {
            let to = words.add(HEAD + first / QUAD);
            to.write(_mm256_extract_epi32::<0>(bytes) as u32);
            if count - first > QUAD {
                to.add(1).write(_mm256_extract_epi32::<4>(bytes) as u32);
            }
        }
    }
    // SAFETY: a group begins with these words.
    unsafe {
        words.write(scale.to_bits());
        words.add(1).write(total(sums) as u32);
    }
}

/// The float whose bits are the greatest.
#[inline]
#[target_feature(enable = "avx2")]
fn greatest(bits: __m256i) -> f32 {
    let four = _mm_max_epi32(
        _mm256_castsi256_si128(bits),
        _mm256_extracti128_si256::<1>(bits),
    );
    let two = _mm_max_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    let one = _mm_max_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two));
    f32::from_bits(_mm_cvtsi128_si32(one) as u32)
}

#[inline]
#[target_feature(enable = "avx2")]
fn total(sums: __m256i) -> i32 {
    let four = _mm_add_epi32(
        _mm256_castsi256_si128(sums),
        _mm256_extracti128_si256::<1>(sums),
    );
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    let one = _mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two));
    _mm_cvtsi128_si32(one)
}

/// # Safety
/// The processor has AVX2, FMA and F16C; the lengths of the operands fit. `weights` are the first byte of either kind.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn all<const IS_Q4: bool>(op: &F32<'_>, weights: *const u8) {
    let a_group = op.group * CHANNELS / op.weights.per_byte();
    let registers = op.outputs.div_ceil(LANES);
    let tile = |register: usize, row: usize| Tile {
        op,
        words: op.scratch.as_ptr().cast(),
        weights,
        a_group,
        register,
        row,
    };
    let mut register = 0;
    // SAFETY: the tiles are parts of the operands.
    unsafe {
        if op.rows == 1 {
            while register + ALONE < registers {
                tile(register, 0).make::<IS_Q4, 1, ALONE>();
                register += ALONE;
            }
        }
        while register < registers {
            let mut row = 0;
            while row + ROWS <= op.rows {
                tile(register, row).make::<IS_Q4, ROWS, 1>();
                row += ROWS;
            }
            while row < op.rows {
                tile(register, row).make::<IS_Q4, 1, 1>();
                row += 1;
            }
            register += 1;
        }
    }
}

/// Some rows of some registers of outputs.
struct Tile<'a> {
    op: &'a F32<'a>,
    /// Of the first row.
    words: *const u32,
    /// Of the first block.
    weights: *const u8,
    /// Bytes of a group of a block.
    a_group: usize,
    register: usize,
    row: usize,
}

impl Tile<'_> {
    /// # Safety
    /// The processor has AVX2, FMA and F16C; so many rows and registers are there.
    #[inline]
    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn make<const IS_Q4: bool, const ROWS: usize, const REGISTERS: usize>(&self) {
        let op = self.op;
        let (groups, group_words) = (op.groups(), op.group_words());
        let row_words = groups * group_words;
        let mut sums = [[_mm256_setzero_ps(); REGISTERS]; ROWS];
        for group in 0..groups {
            let words = self
                .words
                .wrapping_add(self.row * row_words + group * group_words);
            let weights = |index: usize| {
                let (block, half) = self.place(index);
                let first = (block * groups + group) * self.a_group + half * QUAD;
                self.weights.wrapping_add(first)
            };
            // SAFETY: the group is in the rows, and its weights and scales are there.
            unsafe {
                let products = match IS_Q4 {
                    true => q4::<ROWS, REGISTERS>(words, row_words, weights),
                    false => q8::<ROWS, REGISTERS>(words, row_words, weights, op.group / QUAD),
                };
                for index in 0..REGISTERS {
                    let (block, half) = self.place(index);
                    let first = (block * groups + group) * CHANNELS + half;
                    let scales = eight_f16(op.scales.as_ptr().wrapping_add(first));
                    for row in 0..ROWS {
                        let scale = f32::from_bits(words.add(row * row_words).read());
                        let scales = _mm256_mul_ps(_mm256_set1_ps(scale), scales);
                        let products = _mm256_cvtepi32_ps(products[row][index]);
                        sums[row][index] = _mm256_fmadd_ps(products, scales, sums[row][index]);
                    }
                }
            }
        }
        for index in 0..REGISTERS {
            let channel = (self.register + index) * LANES;
            let left = op.outputs - channel;
            let output = op.output.as_ptr().cast::<f32>().cast_mut();
            for row in 0..ROWS {
                let output = output.wrapping_add((self.row + row) * op.outputs + channel);
                let mut sum = sums[row][index];
                // SAFETY: so many outputs, and biases, are there.
                unsafe {
                    if let Some(bias) = op.bias {
                        sum = _mm256_add_ps(sum, load_f32(bias.as_ptr().add(channel), left));
                    }
                    if op.adds {
                        sum = _mm256_add_ps(sum, load_f32(output, left));
                    }
                    store_f32(output, sum, left);
                }
            }
        }
    }

    /// Block of a register and the register's first channel there.
    #[inline(always)]
    fn place(&self, index: usize) -> (usize, usize) {
        let channel = (self.register + index) * LANES;
        (channel / CHANNELS, channel % CHANNELS)
    }
}

/// # Safety
/// The processor has F16C; eight scales are there.
#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn eight_f16(scales: *const f16) -> __m256 {
    // SAFETY: the caller's promise.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(scales.cast()) })
}

/// Products of a group of some rows with registers of int8.
///
/// # Safety
/// The processor has AVX2; the group's words and weights are there.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn q8<const ROWS: usize, const REGISTERS: usize>(
    words: *const u32,
    row_words: usize,
    weights: impl Fn(usize) -> *const u8,
    quads: usize,
) -> [[__m256i; REGISTERS]; ROWS] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); REGISTERS]; ROWS];
    for quad in 0..quads {
        for row in 0..ROWS {
            // SAFETY: the caller's promise.
            let x = unsafe { words.add(row * row_words + HEAD + quad).read() };
            let x = _mm256_set1_epi32(x as i32);
            let magnitudes = _mm256_abs_epi8(x);
            for index in 0..REGISTERS {
                // SAFETY: the same.
                let w = unsafe {
                    _mm256_loadu_si256(weights(index).add(quad * QUAD * CHANNELS).cast())
                };
                let pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(w, x));
                let products = _mm256_madd_epi16(pairs, ones);
                sums[row][index] = _mm256_add_epi32(sums[row][index], products);
            }
        }
    }
    sums
}

/// As [`q8`], with int4.
///
/// # Safety
/// As there.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn q4<const ROWS: usize, const REGISTERS: usize>(
    words: *const u32,
    row_words: usize,
    weights: impl Fn(usize) -> *const u8,
) -> [[__m256i; REGISTERS]; ROWS] {
    const QUADS: usize = Q4_GROUP / QUAD / 2;
    let (ones, low) = (_mm256_set1_epi16(1), _mm256_set1_epi8(15));
    let mut sums = [[_mm256_setzero_si256(); REGISTERS]; ROWS];
    for quad in 0..QUADS {
        for index in 0..REGISTERS {
            // SAFETY: the caller's promise.
            let bytes =
                unsafe { _mm256_loadu_si256(weights(index).add(quad * QUAD * CHANNELS).cast()) };
            let halves = [
                _mm256_and_si256(bytes, low),
                _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), low),
            ];
            for row in 0..ROWS {
                for (half, w) in halves.iter().enumerate() {
                    let word = row * row_words + HEAD + half * QUADS + quad;
                    // SAFETY: the same.
                    let x = _mm256_set1_epi32(unsafe { words.add(word).read() } as i32);
                    // At most 8 pairs of 2 * 15 * 127.
                    let pairs = _mm256_maddubs_epi16(*w, x);
                    sums[row][index] = _mm256_add_epi16(sums[row][index], pairs);
                }
            }
        }
    }
    for row in 0..ROWS {
        // SAFETY: the same.
        let total = unsafe { words.add(row * row_words + 1).read() } as i32;
        let offset = _mm256_set1_epi32(total.wrapping_mul(8));
        for index in 0..REGISTERS {
            let products = _mm256_madd_epi16(sums[row][index], ones);
            sums[row][index] = _mm256_sub_epi32(products, offset);
        }
    }
    sums
}
