//! NEON: sixteen elements at a time, each read before any of them is written.
#![allow(unsafe_code)] // Vector instructions, and pointers into slices of one length.

use core::arch::aarch64::*;

use super::{I8, Scaling, plain, scalar};
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
    let output = op.pair.output;
    let whole = output.len() / STEP * STEP;
    let clamp = Clamp::new(&op.quant);
    let [za, zb] = [op.quant.input_zero_point, op.b_zero_point].map(|it| vdupq_n_s8(it as i8));
    macro_rules! each {
        ($sum:expr) => {
            for index in (0..whole).step_by(STEP) {
                // SAFETY: sixteen elements from `index` on are in each operand.
                unsafe {
                    let a = differences(a, index, za);
                    let b = differences(b, index, zb);
                    let sums: [int32x4_t; 4] = core::array::from_fn(|part| $sum(a[part], b[part]));
                    let to = output.as_ptr().cast::<i8>().cast_mut().add(index);
                    vst1q_s8(to, clamp.finish(sums));
                }
            }
        };
    }
    match op.scaling {
        Scaling::Onnx { a: ma, b: mb } => {
            // Each operation rounds on its own.
            let scaled = |x, m| vmulq_n_f32(vcvtq_f32_s32(x), m);
            each!(|a, b| vcvtnq_s32_f32(vaddq_f32(scaled(a, ma), scaled(b, mb))));
        }
        Scaling::Tflite {
            left_shift,
            a: ma,
            b: mb,
            y,
        } => {
            let left = vdupq_n_s32((left_shift % 32) as i32);
            let [ma, mb, y] = [ma, mb, y].map(|it| Fixed::one(it));
            each!(|a, b| {
                let a = ma.double(vshlq_s32(a, left));
                let b = mb.double(vshlq_s32(b, left));
                y.double(vaddq_s32(a, b))
            });
        }
    }
    for index in whole..output.len() {
        if let (Some(a), Some(b)) = (a.get(index), b.get(index)) {
            store(output, index, scalar::element(op, a.get(), b.get()));
        }
    }
}

/// Sixteen elements less the zero point.
///
/// # Safety
/// They are there from `index` on.
#[inline]
#[target_feature(enable = "neon")]
unsafe fn differences(cells: &[Cell<i8>], index: usize, zero_point: int8x16_t) -> [int32x4_t; 4] {
    // SAFETY: the caller's promise.
    let x = unsafe { vld1q_s8(cells.as_ptr().cast::<i8>().add(index)) };
    let low = vsubl_s8(vget_low_s8(x), vget_low_s8(zero_point));
    let high = vsubl_high_s8(x, zero_point);
    [
        vmovl_s16(vget_low_s16(low)),
        vmovl_high_s16(low),
        vmovl_s16(vget_low_s16(high)),
        vmovl_high_s16(high),
    ]
}
