//! AVX2: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::x86_64::*;

use super::{I8, Scaling, Sum, plain};
use crate::avx2::{LANES, Saturate, load_i8, rounded, scale_tflite, store_i8};
use crate::{Avx2, Cell, store};

/// Elements that are read before any of them is written.
const BLOCK: usize = 2 * LANES;

/// Adds where nothing is broadcast and multipliers are numbers of a usual size; `None` elsewhere.
pub(super) fn i8(op: &I8<'_>, _: Avx2) -> Option<()> {
    let [a, b] = plain(&op.pair).filter(|_| op.sum.is_finite())?;
    // SAFETY: the token proves that the processor has the instructions; the lengths are the same.
    unsafe { all(op, a, b) };
    Some(())
}

/// # Safety
/// The processor has AVX2; all operands have the output's length.
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>, a: &[Cell<i8>], b: &[Cell<i8>]) {
    let (adder, output) = (Adder::new(&op.sum), op.pair.output);
    let whole = output.len() / BLOCK * BLOCK;
    for index in (0..whole).step_by(BLOCK) {
        // SAFETY: sixteen elements from `index` on are in each operand.
        unsafe {
            let [a, b] = [a, b].map(|it| _mm_loadu_si128(it.as_ptr().add(index).cast()));
            let output = output.as_ptr().cast::<i8>().cast_mut().add(index);
            store_i8(output, adder.of(a, b), BLOCK);
        }
    }
    for index in whole..output.len() {
        if let (Some(a), Some(b)) = (a.get(index), b.get(index)) {
            store(output, index, op.sum.of(a.get(), b.get()));
        }
    }
}

/// [`Sum`] with finite multipliers, of sixteen elements.
pub(crate) struct Adder {
    zero_points: [__m256i; 2],
    scaling: Vectors,
    saturate: Saturate,
}

/// [`Scaling`].
enum Vectors {
    Onnx([__m256; 2]),
    Tflite {
        left_shift: __m128i,
        /// Of the summands and of the sum: multiplier and shift.
        multipliers: [[__m256i; 2]; 3],
    },
}

impl Adder {
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn new(sum: &Sum) -> Adder {
        let zero_points = [sum.quant.input_zero_point, sum.b_zero_point];
        Adder {
            zero_points: zero_points.map(|it| _mm256_set1_epi32(it)),
            scaling: match sum.scaling {
                Scaling::Onnx { a, b } => Vectors::Onnx([a, b].map(|it| _mm256_set1_ps(it))),
                Scaling::Tflite {
                    left_shift,
                    a,
                    b,
                    y,
                } => Vectors::Tflite {
                    left_shift: _mm_cvtsi32_si128((left_shift % 32) as i32),
                    multipliers: [a, b, y].map(|it| it.map(|it| _mm256_set1_epi32(it))),
                },
            },
            saturate: Saturate::new(&sum.quant),
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) fn of(&self, a: __m128i, b: __m128i) -> __m128i {
        let (high_a, high_b) = (_mm_unpackhi_epi64(a, a), _mm_unpackhi_epi64(b, b));
        // Not by `map`: what that calls is not made of vector instructions in all builds.
        self.saturate
            .apply([self.eight(a, b), self.eight(high_a, high_b)])
    }

    /// Adds what the outputs hold, of which there are `count`.
    ///
    /// # Safety
    /// They are at `output`.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    pub(crate) unsafe fn to_held(&self, a: __m128i, output: *const i8, count: usize) -> __m128i {
        // SAFETY: the caller's promise.
        self.of(a, unsafe { load_i8(output, count) })
    }

    /// Before the output's zero point, of the low eight.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn eight(&self, a: __m128i, b: __m128i) -> __m256i {
        let [za, zb] = self.zero_points;
        let a = _mm256_sub_epi32(_mm256_cvtepi8_epi32(a), za);
        let b = _mm256_sub_epi32(_mm256_cvtepi8_epi32(b), zb);
        match &self.scaling {
            Vectors::Onnx([ma, mb]) => {
                let scaled = |x, m: &__m256| _mm256_mul_ps(_mm256_cvtepi32_ps(x), *m);
                // Each operation rounds on its own.
                rounded(_mm256_add_ps(scaled(a, ma), scaled(b, mb)))
            }
            Vectors::Tflite {
                left_shift,
                multipliers: [ma, mb, y],
            } => {
                let left = |x| _mm256_sll_epi32(x, *left_shift);
                let scale = |x, [m, shift]: &[__m256i; 2]| scale_tflite(x, *m, *shift);
                scale(_mm256_add_epi32(scale(left(a), ma), scale(left(b), mb)), y)
            }
        }
    }
}
