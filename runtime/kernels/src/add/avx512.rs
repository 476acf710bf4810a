//! AVX-512: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::x86_64::*;

use super::{I8, Scaling, Sum, plain};
use crate::avx512::{LANES, Saturate, first, scale_tflite, some_i8, store_some_i8};
use crate::{Avx512, Cell};

/// Adds where nothing is broadcast and multipliers are numbers of a usual size; `None` elsewhere.
pub(super) fn i8(op: &I8<'_>, _: Avx512) -> Option<()> {
    let [a, b] = plain(&op.pair).filter(|_| op.sum.is_finite())?;
    // SAFETY: the token proves that the processor has the instructions; the lengths are the same.
    unsafe { all(op, a, b) };
    Some(())
}

/// # Safety
/// The processor has AVX-512; all operands have the output's length.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
unsafe fn all(op: &I8<'_>, a: &[Cell<i8>], b: &[Cell<i8>]) {
    let (adder, output) = (Adder::new(&op.sum), op.pair.output);
    for index in (0..output.len()).step_by(LANES) {
        let mask = first(output.len() - index);
        let at = |cells: &[Cell<i8>]| cells.as_ptr().cast::<i8>().wrapping_add(index);
        // SAFETY: the mask leaves out what lies behind the last element.
        unsafe {
            let [a, b] = [a, b].map(|it| some_i8(at(it), mask));
            store_some_i8(at(output).cast_mut(), mask, adder.of(a, b));
        }
    }
}

/// [`Sum`] with finite multipliers, of sixteen elements.
pub(crate) struct Adder {
    zero_points: [__m512i; 2],
    scaling: Scaling,
    saturate: Saturate,
}

impl Adder {
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn new(sum: &Sum) -> Adder {
        let zero_points = [sum.quant.input_zero_point, sum.b_zero_point];
        Adder {
            zero_points: zero_points.map(|it| _mm512_set1_epi32(it)),
            scaling: sum.scaling,
            saturate: Saturate::new(&sum.quant),
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(crate) fn of(&self, a: __m512i, b: __m512i) -> __m512i {
        let [za, zb] = self.zero_points;
        let (a, b) = (_mm512_sub_epi32(a, za), _mm512_sub_epi32(b, zb));
        match self.scaling {
            Scaling::Onnx { a: ma, b: mb } => {
                let scaled = |x, m| _mm512_mul_ps(_mm512_cvtepi32_ps(x), _mm512_set1_ps(m));
                // Each operation rounds on its own.
                self.saturate
                    .of_f32(_mm512_add_ps(scaled(a, ma), scaled(b, mb)))
            }
            Scaling::Tflite {
                left_shift,
                a: ma,
                b: mb,
                y,
            } => {
                let left = _mm_cvtsi32_si128((left_shift % 32) as i32);
                let scale = |x, m: [i32; 2]| {
                    let [m, shift] = m.map(|it| _mm512_set1_epi32(it));
                    scale_tflite(x, m, shift)
                };
                let shifted = |x, m| scale(_mm512_sll_epi32(x, left), m);
                self.saturate
                    .of_i32(scale(_mm512_add_epi32(shifted(a, ma), shifted(b, mb)), y))
            }
        }
    }
}
