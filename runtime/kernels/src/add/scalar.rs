use super::{I8, Scaling};
use crate::Result;
use crate::requantize::{round_to_i32, scale_tflite};

pub(super) fn i8(op: &I8<'_>) -> Result {
    op.pair.map(|a, b| op.sum.of(a, b))
}

/// Of differences from the zero points, before that of the output.
#[inline(always)]
pub(super) fn sum(scaling: Scaling, a: i32, b: i32) -> i32 {
    match scaling {
        Scaling::Onnx { a: ma, b: mb } => round_to_i32(a as f32 * ma + b as f32 * mb),
        Scaling::Tflite {
            left_shift,
            a: [ma, sa],
            b: [mb, sb],
            y: [my, sy],
        } => {
            let a = scale_tflite(a.wrapping_shl(left_shift), ma, sa);
            let b = scale_tflite(b.wrapping_shl(left_shift), mb, sb);
            scale_tflite(a.wrapping_add(b), my, sy)
        }
    }
}
