//! AVX2: lanes are tokens in the scores and elements in the outputs, so that every sum has the order of the scalar file.
#![allow(unsafe_code)] // Vector instructions, and pointers that the contract has measured.
#![allow(clippy::needless_range_loop)] // Constant ranges are unrolled, so that sums stay in registers.

use core::arch::x86_64::*;

use super::F32;
use super::scalar::{append, skip};
use crate::Avx2;
use crate::avx2::{LANES, exp, load_f32, store_f32};

/// Registers of scores, or of outputs, that are made side by side.
const SIDE_BY_SIDE: usize = 8;

pub(super) fn f32(op: &F32<'_>, _: Avx2) {
    append(op);
    skip(op);
    let group = op.query_heads.checked_div(op.heads).unwrap_or(0);
    for token in 0..op.held() {
        for head in 0..op.query_heads {
            let first = (token * op.query_heads + head) * op.size;
            let cache = head.checked_div(group).unwrap_or(0) * op.size * op.context;
            let head = Head {
                op,
                query: op.query.as_ptr().cast::<f32>().wrapping_add(first),
                keys: op.keys.as_ptr().cast::<f32>().wrapping_add(cache),
                values: op.values.as_ptr().cast::<f32>().wrapping_add(cache),
                weights: op.scratch.as_ptr().cast::<f32>().cast_mut(),
                output: op
                    .output
                    .as_ptr()
                    .cast::<f32>()
                    .cast_mut()
                    .wrapping_add(first),
                seen: op.position + token + 1,
            };
            // SAFETY: the token proves that the processor has the instructions; lengths were checked.
            unsafe { head.attend() };
        }
    }
}

/// One head of one token.
struct Head<'a> {
    op: &'a F32<'a>,
    query: *const f32,
    /// Of the head.
    keys: *const f32,
    values: *const f32,
    weights: *mut f32,
    output: *mut f32,
    /// Tokens that it sees.
    seen: usize,
}

impl Head<'_> {
    /// # Safety
    /// The processor has AVX2 and FMA; the operands are as long as the contract says.
    #[target_feature(enable = "avx2,fma")]
    unsafe fn attend(&self) {
        // SAFETY: the caller's promise; blocks are of tokens that are seen, and of elements of a head.
        unsafe {
            let mut token = 0;
            while token + SIDE_BY_SIDE * LANES <= self.seen {
                self.scores::<SIDE_BY_SIDE>(token);
                token += SIDE_BY_SIDE * LANES;
            }
            while token < self.seen {
                self.scores::<1>(token);
                token += LANES;
            }
            let reciprocal = 1.0 / self.soften(self.greatest());
            let mut element = 0;
            while element + SIDE_BY_SIDE * LANES <= self.op.size {
                self.mix::<SIDE_BY_SIDE>(element, reciprocal);
                element += SIDE_BY_SIDE * LANES;
            }
            while element < self.op.size {
                self.mix::<1>(element, reciprocal);
                element += LANES;
            }
        }
    }

    /// Scores of tokens from one on.
    ///
    /// # Safety
    /// As [`attend`](Self::attend); the tokens begin where some are seen.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn scores<const REGISTERS: usize>(&self, token: usize) {
        let mut sums = [_mm256_setzero_ps(); REGISTERS];
        // SAFETY: so many elements and tokens are there.
        unsafe {
            for element in 0..self.op.size {
                let x = _mm256_broadcast_ss(&*self.query.add(element));
                let keys = self.keys.add(element * self.op.context + token);
                for index in 0..REGISTERS {
                    let keys = self.tokens(keys.add(index * LANES), token + index * LANES);
                    sums[index] = _mm256_fmadd_ps(x, keys, sums[index]);
                }
            }
            let scale = _mm256_set1_ps(self.op.scale);
            for index in 0..REGISTERS {
                let first = token + index * LANES;
                let scores = _mm256_mul_ps(sums[index], scale);
                store_f32(self.weights.add(first), scores, self.seen - first);
            }
        }
    }

    /// Eight values of tokens from one on, as many as are seen.
    ///
    /// # Safety
    /// The processor has AVX2; the token is seen.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn tokens(&self, values: *const f32, token: usize) -> __m256 {
        // SAFETY: so many are there.
        unsafe { load_f32(values, self.seen - token) }
    }

    /// The greatest score, NaN where one is NaN.
    ///
    /// # Safety
    /// As [`attend`](Self::attend); the scores are there.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn greatest(&self) -> f32 {
        let mut most = f32::NEG_INFINITY;
        for token in 0..self.seen {
            // SAFETY: the score is there.
            let score = unsafe { self.weights.add(token).read() };
            if score > most || score.is_nan() {
                most = score;
            }
        }
        most
    }

    /// Makes weights of the scores and gives their sum.
    ///
    /// # Safety
    /// As [`greatest`](Self::greatest).
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn soften(&self, most: f32) -> f32 {
        let most = _mm256_set1_ps(most);
        let mut sums = [_mm256_setzero_ps(); 2];
        for (number, token) in (0..self.seen).step_by(LANES).enumerate() {
            // SAFETY: so many scores are there.
            unsafe {
                let scores = self.tokens(self.weights.add(token), token);
                let weights = exp(_mm256_sub_ps(scores, most));
                let left = self.seen - token;
                store_f32(self.weights.add(token), weights, left);
                // What is behind the last token adds nothing: zero.
                let weights = self.tokens(self.weights.add(token), token);
                sums[number % 2] = _mm256_add_ps(sums[number % 2], weights);
            }
        }
        let eight = _mm256_add_ps(sums[0], sums[1]);
        let four = _mm_add_ps(
            _mm256_castps256_ps128(eight),
            _mm256_extractf128_ps::<1>(eight),
        );
        let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
        let one = _mm_add_ss(two, _mm_shuffle_ps::<0b01>(two, two));
        _mm_cvtss_f32(one)
    }

    /// Outputs from an element on.
    ///
    /// # Safety
    /// As [`attend`](Self::attend); the weights are there, and the element is.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn mix<const REGISTERS: usize>(&self, element: usize, reciprocal: f32) {
        let size = self.op.size;
        let mut sums = [_mm256_setzero_ps(); REGISTERS];
        // SAFETY: so many tokens and elements are there.
        unsafe {
            for token in 0..self.seen {
                let weight = _mm256_broadcast_ss(&*self.weights.add(token));
                let values = self.values.add(token * size + element);
                for index in 0..REGISTERS {
                    let first = index * LANES;
                    let values = load_f32(values.add(first), size - element - first);
                    sums[index] = _mm256_fmadd_ps(weight, values, sums[index]);
                }
            }
            let reciprocal = _mm256_set1_ps(reciprocal);
            for index in 0..REGISTERS {
                let first = element + index * LANES;
                let outputs = _mm256_mul_ps(sums[index], reciprocal);
                store_f32(self.output.add(first), outputs, size - first);
            }
        }
    }
}
