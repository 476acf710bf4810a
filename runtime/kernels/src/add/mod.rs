//! Sum of two int8 tensors, with broadcasting (ONNX Runtime's `QLinearAdd`; TensorFlow Lite `ADD`, and `SUB` with
//! the second multiplier negated).
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.
//!
//! Numerics `onnx`: `rne(f32(a - za) * (sa / sy) + f32(b - zb) * (sb / sy)) + zy`, each operation
//! rounded to f32. Numerics `tflite`: both differences shifted left, scaled to a common scale, added and
//! scaled to the output.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
mod scalar;

use crate::broadcast::Pair;
use crate::parts::by_elements;
use crate::requantize::Quant;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::{Cell, Source};
use crate::{Crew, Isa, Result, require};

/// How int8 summands come to the output's scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaling {
    /// `sa / sy` and `sb / sy`.
    Onnx {
        /// Factor of the first summand.
        a: f32,
        /// Factor of the second summand.
        b: f32,
    },
    /// Q31 multipliers with shifts that are never positive.
    Tflite {
        /// Left shift of both differences, usually 20.
        left_shift: u32,
        /// Of the first summand.
        a: [i32; 2],
        /// Of the second summand.
        b: [i32; 2],
        /// Of the sum.
        y: [i32; 2],
    },
}

/// How int8 elements are added.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// Zero points of the first summand and of the output, and the fused activation.
    pub quant: Quant,
    /// Zero point of the second summand.
    pub b_zero_point: i32,
    /// Scales.
    pub scaling: Scaling,
}

impl Sum {
    pub(crate) fn check(&self) -> Result {
        require(i8::try_from(self.b_zero_point).is_ok())?;
        self.quant.check()
    }

    /// Whether multipliers are so small that no sum is infinite or not a number.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn is_finite(&self) -> bool {
        let is_small = |m: f32| m.abs() < 1.0e30;
        match self.scaling {
            Scaling::Onnx { a, b } => is_small(a) && is_small(b),
            Scaling::Tflite { .. } => true,
        }
    }

    /// Sum of two elements.
    #[inline(always)]
    pub(crate) fn of(&self, a: i8, b: i8) -> i8 {
        let a = i32::from(a) - self.quant.input_zero_point;
        let b = i32::from(b) - self.b_zero_point;
        self.quant.finish(scalar::sum(self.scaling, a, b))
    }
}

/// Operands of an int8 addition.
#[derive(Clone, Copy)]
pub struct I8<'a> {
    /// Summands and sum.
    pub pair: Pair<'a, i8, i8, i8>,
    /// How they are added.
    pub sum: Sum,
}

/// Addition in int8.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast or a zero point is not an i8.
pub fn i8(op: &I8<'_>) -> Result {
    i8_by(op, Isa::Baseline)
}

/// [`i8`] with the instructions of `isa`.
///
/// # Errors
/// As [`i8`].
pub fn i8_by(op: &I8<'_>, isa: Isa) -> Result {
    op.sum.check()?;
    match isa {
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx512()
            && avx512::i8(op, token).is_some() =>
        {
            Ok(())
        }
        #[cfg(target_arch = "x86_64")]
        _ if let Some(token) = isa.avx2()
            && avx2::i8(op, token).is_some() =>
        {
            Ok(())
        }
        #[cfg(target_arch = "aarch64")]
        _ if let Some(token) = isa.neon()
            && neon::i8(op, token).is_some() =>
        {
            Ok(())
        }
        _ => scalar::i8(op),
    }
}

/// [`i8_by`], shared out among a crew where that is worth it.
///
/// # Errors
/// As [`i8`].
pub fn i8_in_parts(op: &I8<'_>, isa: Isa, crew: Option<Crew<'_>>) -> Result {
    let Some(crew) = crew else {
        return i8_by(op, isa);
    };
    by_elements(crew, &op.pair, |pair| i8_by(&I8 { pair, ..*op }, isa))
}

/// The cells of both summands where nothing is broadcast and all operands are of one length.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn plain<'a>(pair: &Pair<'a, i8, i8, i8>) -> Option<[&'a [Cell<i8>]; 2]> {
    let (Source::Cells(a), Source::Cells(b)) = (pair.a, pair.b) else {
        return None;
    };
    let is_plain = pair.a_shape == pair.shape && pair.b_shape == pair.shape;
    let is_one_length = a.len() == pair.output.len() && b.len() == pair.output.len();
    (is_plain && is_one_length).then_some([a, b])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{cells, numbers, values};
    use proptest::prelude::*;
    use std::vec::Vec;

    proptest! {
        #[test]
        fn int8_is_the_same_by_every_isa(count in 1usize..70, seed: u32, za in -128i32..128, zb in -128i32..128, is_onnx: bool) {
            let [a, b] = [seed, seed ^ 1].map(|seed| cells(&numbers(count, seed).collect::<Vec<_>>()));
            let m: Vec<i32> = numbers(6, seed ^ 2).map(i32::from).collect();
            let scaling = if is_onnx {
                Scaling::Onnx { a: m[0] as f32 * 0.011, b: m[1] as f32 * 0.013 }
            } else {
                let pair = |m: i32, shift: i32| [(m + 384) << 22, shift.min(0) % 20];
                Scaling::Tflite { left_shift: 20, a: pair(m[0], m[1]), b: pair(m[2], m[3]), y: pair(m[4], m[5]) }
            };
            let run = |a: &[crate::Cell<i8>], output: &[crate::Cell<i8>], isa| {
                let pair = Pair {
                    a: Source::Cells(a), a_shape: &[count], b: Source::Cells(&b), b_shape: &[count], output, shape: &[count],
                };
                let quant = Quant { input_zero_point: za, output_zero_point: 11, min: -120, max: 100 };
                i8_by(&I8 { pair, sum: Sum { quant, b_zero_point: zb, scaling } }, isa).unwrap();
                values(output)
            };
            let expected = run(&a, &cells(&std::vec![0i8; count]), Isa::Baseline);
            for isa in Isa::all() {
                prop_assert_eq!(run(&a, &cells(&std::vec![0i8; count]), isa), &expected[..], "{}", isa.name());
                // Over its own summand.
                let summand = cells(&values(&a));
                prop_assert_eq!(run(&summand, &summand, isa), &expected[..], "{}", isa.name());
            }
        }
    }

    #[test]
    fn int8_sums_real_values() {
        let quant = Quant {
            input_zero_point: 3,
            output_zero_point: -5,
            min: -128,
            max: 127,
        };
        let (a, b) = (cells(&[13i8, -128]), cells(&[20i8, -128]));
        let output = cells(&[0i8; 2]);
        // Real values 10 * 0.5 and 10 * 0.25 in an output scale of 0.5: 5 + 2.5 = 7.5 is 15 steps.
        let scaling = Scaling::Onnx { a: 1.0, b: 0.5 };
        let pair = Pair {
            a: Source::Cells(&a),
            a_shape: &[2],
            b: Source::Cells(&b),
            b_shape: &[2],
            output: &output,
            shape: &[2],
        };
        let sum = Sum {
            quant,
            b_zero_point: 10,
            scaling,
        };
        i8(&I8 { pair, sum }).unwrap();
        assert_eq!(values(&output), [10, -128]);
    }
}
