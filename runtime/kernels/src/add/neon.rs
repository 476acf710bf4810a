//! NEON: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::aarch64::*;

use super::{I8, Scaling, Sum, plain};
use crate::neon::{Clamp, Fixed};
use crate::{Cell, Neon, store};

/// Elements at a time.
const STEP: usize = 16;

/// Adds where nothing is broadcast; `None` elsewhere.
pub(super) fn i8(op: &I8<'_>, _: Neon) -> Option<()> {
    let [a, b] = plain(&op.pair)?;
    // SAFETY: the token proves that the processor has the instructions; the lengths are the same.
    unsafe { all(op, a, b) };
    Some(())
}

/// # Safety
/// The processor has NEON; all operands have the output's length.
#[target_feature(enable = "neon")]
unsafe fn all(op: &I8<'_>, a: &[Cell<i8>], b: &[Cell<i8>]) {
    let (adder, output) = (Adder::new(&op.sum), op.pair.output);
    let whole = output.len() / STEP * STEP;
    for index in (0..whole).step_by(STEP) {
        // SAFETY: sixteen elements from `index` on are in each operand.
        unsafe {
            let [a, b] = [a, b].map(|it| vld1q_s8(it.as_ptr().cast::<i8>().add(index)));
            let to = output.as_ptr().cast::<i8>().cast_mut().add(index);
            vst1q_s8(to, adder.of(a, b));
        }
    }
    for index in whole..output.len() {
        if let (Some(a), Some(b)) = (a.get(index), b.get(index)) {
            store(output, index, op.sum.of(a.get(), b.get()));
        }
    }
}

/// [`Sum`] of sixteen elements.
pub(crate) struct Adder<'a> {
    zero_points: [int8x16_t; 2],
    scaling: Vectors,
    clamp: Clamp<'a>,
}

/// [`Scaling`].
enum Vectors {
    Onnx([f32; 2]),
    Tflite {
        left_shift: int32x4_t,
        /// Of the summands and of the sum.
        multipliers: [Fixed; 3],
    },
}

impl<'a> Adder<'a> {
    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn new(sum: &'a Sum) -> Self {
        let zero_points = [sum.quant.input_zero_point, sum.b_zero_point];
        Adder {
            zero_points: zero_points.map(|it| vdupq_n_s8(it as i8)),
            scaling: match sum.scaling {
                Scaling::Onnx { a, b } => Vectors::Onnx([a, b]),
                Scaling::Tflite {
                    left_shift,
                    a,
                    b,
                    y,
                } => Vectors::Tflite {
                    left_shift: vdupq_n_s32((left_shift % 32) as i32),
                    multipliers: [a, b, y].map(|it| Fixed::one(it)),
                },
            },
            clamp: Clamp::new(&sum.quant),
        }
    }

    #[inline]
    #[target_feature(enable = "neon")]
    pub(crate) fn of(&self, a: int8x16_t, b: int8x16_t) -> int8x16_t {
        let [za, zb] = self.zero_points;
        let (a, b) = (differences(a, za), differences(b, zb));
        let sums = core::array::from_fn(|part| self.four(a[part], b[part]));
        self.clamp.finish(sums)
    }

    /// Of differences from the zero points, before that of the output.
    #[inline]
    #[target_feature(enable = "neon")]
    fn four(&self, a: int32x4_t, b: int32x4_t) -> int32x4_t {
        match &self.scaling {
            Vectors::Onnx([ma, mb]) => {
                let scaled = |x, m| vmulq_n_f32(vcvtq_f32_s32(x), m);
                // Each operation rounds on its own.
                vcvtnq_s32_f32(vaddq_f32(scaled(a, *ma), scaled(b, *mb)))
            }
            Vectors::Tflite {
                left_shift,
                multipliers: [ma, mb, y],
            } => {
                let a = ma.double(vshlq_s32(a, *left_shift));
                let b = mb.double(vshlq_s32(b, *left_shift));
                y.double(vaddq_s32(a, b))
            }
        }
    }
}

/// Sixteen elements less the zero point.
#[inline]
#[target_feature(enable = "neon")]
fn differences(x: int8x16_t, zero_point: int8x16_t) -> [int32x4_t; 4] {
    let low = vsubl_s8(vget_low_s8(x), vget_low_s8(zero_point));
    let high = vsubl_high_s8(x, zero_point);
    [
        vmovl_s16(vget_low_s16(low)),
        vmovl_high_s16(low),
        vmovl_s16(vget_low_s16(high)),
        vmovl_high_s16(high),
    ]
}
