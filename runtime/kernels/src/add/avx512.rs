//! AVX-512: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::x86_64::*;

use super::{I8, Scaling, is_finite, plain};
use crate::avx512::{LANES, Outputs, Saturate, first, scale_tflite};
use crate::{Avx512, Cell};

/// Adds where nothing is broadcast and multipliers are numbers of a usual size; `None` elsewhere.
pub(super) fn i8(op: &I8<'_>, _: Avx512) -> Option<()> {
    let [a, b] = plain(&op.pair).filter(|_| is_finite(op.scaling))?;
    // SAFETY: the token proves that the processor has the instructions; the lengths are the same.
    unsafe { all(op, a, b) };
    Some(())
}

/// # Safety
/// The processor has AVX-512; all operands have the output's length.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn all(op: &I8<'_>, a: &[Cell<i8>], b: &[Cell<i8>]) {
    let saturate = Saturate::new(&op.quant);
    match op.scaling {
        Scaling::Onnx { a: ma, b: mb } => {
            let [ma, mb] = [ma, mb].map(|m| _mm512_set1_ps(m));
            let scaled = |x, m| _mm512_mul_ps(_mm512_cvtepi32_ps(x), m);
            let sum = |a, b, to: Outputs| {
                // Each operation rounds on its own.
                let sum = _mm512_add_ps(scaled(a, ma), scaled(b, mb));
                // SAFETY: there are so many outputs.
                unsafe { saturate.store_f32(sum, to, 0) };
            };
            // SAFETY: the caller's promise.
            unsafe { each(op, a, b, sum) };
        }
        Scaling::Tflite {
            left_shift,
            a: ma,
            b: mb,
            y,
        } => {
            let [ma, mb, y] = [ma, mb, y].map(|pair| pair.map(|it| _mm512_set1_epi32(it)));
            let left = _mm_cvtsi32_si128((left_shift % 32) as i32);
            let scale = |x, [m, shift]: [__m512i; 2]| scale_tflite(x, m, shift);
            let shifted = |x, m| scale(_mm512_sll_epi32(x, left), m);
            let sum = |a, b, to: Outputs| {
                let sum = scale(_mm512_add_epi32(shifted(a, ma), shifted(b, mb)), y);
                // SAFETY: as above.
                unsafe { saturate.store_i32(sum, to, 0) };
            };
            // SAFETY: the caller's promise.
            unsafe { each(op, a, b, sum) };
        }
    }
}

/// `sum` makes outputs of differences from the zero points.
///
/// # Safety
/// As [`all`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn each(
    op: &I8<'_>,
    a: &[Cell<i8>],
    b: &[Cell<i8>],
    sum: impl Fn(__m512i, __m512i, Outputs),
) {
    let output = op.pair.output;
    let [za, zb] = [op.quant.input_zero_point, op.b_zero_point].map(|it| _mm512_set1_epi32(it));
    for index in (0..output.len()).step_by(LANES) {
        let count = output.len() - index;
        let load = |cells: &[Cell<i8>], zero_point| {
            let from = cells.as_ptr().cast::<i8>().wrapping_add(index);
            // SAFETY: the mask leaves out what lies behind the last element.
            let x = unsafe { _mm_maskz_loadu_epi8(first(count), from) };
            _mm512_sub_epi32(_mm512_cvtepi8_epi32(x), zero_point)
        };
        let to = Outputs {
            at: output.as_ptr().cast::<i8>().cast_mut().wrapping_add(index),
            stride: 0,
            count,
        };
        sum(load(a, za), load(b, zb), to);
    }
}
