//! AVX2: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::x86_64::*;

use super::{I8, Scaling, is_finite, plain, scalar};
use crate::avx2::{LANES, Saturate, rounded, scale_tflite, store_i8};
use crate::{Avx2, Cell, store};

/// Elements that are read before any of them is written.
const BLOCK: usize = 2 * LANES;

/// Adds where nothing is broadcast and multipliers are numbers of a usual size; `None` elsewhere.
pub(super) fn i8(op: &I8<'_>, _: Avx2) -> Option<()> {
    let [a, b] = plain(&op.pair).filter(|_| is_finite(op.scaling))?;
    // SAFETY: the token proves that the processor has the instructions; the lengths are the same.
    unsafe { all(op, a, b) };
    Some(())
}

/// # Safety
/// The processor has AVX2; all operands have the output's length.
#[target_feature(enable = "avx2,fma")]
unsafe fn all(op: &I8<'_>, a: &[Cell<i8>], b: &[Cell<i8>]) {
    match op.scaling {
        Scaling::Onnx { a: ma, b: mb } => {
            let [ma, mb] = [ma, mb].map(|m| _mm256_set1_ps(m));
            let scaled = |x, m| _mm256_mul_ps(_mm256_cvtepi32_ps(x), m);
            // Each operation rounds on its own.
            let sum = |a, b| rounded(_mm256_add_ps(scaled(a, ma), scaled(b, mb)));
            // SAFETY: the caller's promise.
            unsafe { each(op, a, b, sum) };
        }
        Scaling::Tflite {
            left_shift,
            a: ma,
            b: mb,
            y,
        } => {
            let scale = |x, [multiplier, shift]: [i32; 2]| {
                scale_tflite(x, _mm256_set1_epi32(multiplier), _mm256_set1_epi32(shift))
            };
            let left = |x| _mm256_sll_epi32(x, _mm_cvtsi32_si128((left_shift % 32) as i32));
            let sum = |a, b| scale(_mm256_add_epi32(scale(left(a), ma), scale(left(b), mb)), y);
            // SAFETY: the caller's promise.
            unsafe { each(op, a, b, sum) };
        }
    }
}

/// `sum` makes an output, before its zero point, of differences from the zero points.
///
/// # Safety
/// As [`all`].
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn each(
    op: &I8<'_>,
    a: &[Cell<i8>],
    b: &[Cell<i8>],
    sum: impl Fn(__m256i, __m256i) -> __m256i,
) {
    let output = op.pair.output;
    let [za, zb] = [op.quant.input_zero_point, op.b_zero_point].map(|it| _mm256_set1_epi32(it));
    let load = |cells: &[Cell<i8>], index: usize, zero_point| {
        // SAFETY: eight elements from `index` on are there.
        let eight = unsafe { _mm_loadl_epi64(cells.as_ptr().add(index).cast()) };
        _mm256_sub_epi32(_mm256_cvtepi8_epi32(eight), zero_point)
    };
    let saturate = Saturate::new(&op.quant);
    let whole = output.len() / BLOCK * BLOCK;
    for index in (0..whole).step_by(BLOCK) {
        let halves = [index, index + LANES];
        let sums = halves.map(|index| sum(load(a, index, za), load(b, index, zb)));
        // SAFETY: as above.
        unsafe {
            let output = output.as_ptr().cast::<i8>().cast_mut().add(index);
            store_i8(output, saturate.apply(sums), BLOCK);
        }
    }
    for index in whole..output.len() {
        if let (Some(a), Some(b)) = (a.get(index), b.get(index)) {
            store(output, index, scalar::element(op, a.get(), b.get()));
        }
    }
}
