//! From an i32 accumulator to the output's scale: the roundings that cadet knows.
//!
//! [`Multipliers::Onnx`] follows ONNX Runtime's `QLinearConv` (opset 10): one f32 product, rounded half to
//! even. [`Multipliers::Tflite`] follows TensorFlow Lite's reference kernels with double rounding, as TFLite
//! Micro and CMSIS-NN compute it; [`Multipliers::TfliteSingle`] rounds once, as LiteRT's reference kernel of the
//! fully connected layer does.

use crate::{ContractError, require, round_ties_even};

/// Multipliers of one layer, one a channel or one for all.
#[derive(Clone, Copy, Debug)]
pub enum Multipliers<'a> {
    /// `(sx * sw[c]) / sy`.
    Onnx(&'a [f32]),
    /// Q31 multiplier and shift (positive shifts left).
    Tflite(&'a [[i32; 2]]),
    /// The same, rounded once.
    TfliteSingle(&'a [[i32; 2]]),
}

impl Multipliers<'_> {
    pub(crate) fn check(&self, channels: usize) -> Result<(), ContractError> {
        let length = match self {
            Multipliers::Onnx(m) => m.len(),
            Multipliers::Tflite(m) | Multipliers::TfliteSingle(m) => m.len(),
        };
        require(length == channels || length == 1)
    }

    /// `accumulator` in the output's scale, before its zero point.
    #[inline(always)]
    pub fn scale(&self, accumulator: i32, channel: usize) -> i32 {
        match self {
            Multipliers::Onnx(m) => scale_onnx(accumulator, of(m, channel)),
            Multipliers::Tflite(m) => {
                let [multiplier, shift] = of(m, channel);
                scale_tflite(accumulator, multiplier, shift)
            }
            Multipliers::TfliteSingle(m) => {
                let [multiplier, shift] = of(m, channel);
                scale_tflite_single(accumulator, multiplier, shift)
            }
        }
    }
}

/// The entry of a channel, or the one entry.
#[inline(always)]
fn of<T: Copy + Default>(entries: &[T], channel: usize) -> T {
    let entry = entries.get(channel).or(entries.first());
    entry.copied().unwrap_or_default()
}

/// A multiplier for a whole tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Multiplier {
    /// Ratio of two scales.
    Onnx(f32),
    /// Q31 multiplier and shift (positive shifts left).
    Tflite(i32, i32),
}

impl Multiplier {
    /// `value` in the output's scale, before its zero point.
    #[inline(always)]
    pub fn scale(self, value: i32) -> i32 {
        match self {
            Multiplier::Onnx(m) => scale_onnx(value, m),
            Multiplier::Tflite(m, shift) => scale_tflite(value, m, shift),
        }
    }
}

/// Zero points and the bounds of a fused activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quant {
    /// Value of the input that stands for 0.
    pub input_zero_point: i32,
    /// Value of the output that stands for 0.
    pub output_zero_point: i32,
    /// Least value of the output.
    pub min: i32,
    /// Greatest value of the output.
    pub max: i32,
}

impl Quant {
    pub(crate) fn check(&self) -> Result<(), ContractError> {
        let is_i8 = |v: i32| i8::try_from(v).is_ok();
        let bounds = is_i8(self.min) && is_i8(self.max) && self.min <= self.max;
        require(bounds && is_i8(self.input_zero_point) && is_i8(self.output_zero_point))
    }

    /// Adds the output's zero point and saturates.
    #[inline(always)]
    pub fn finish(&self, scaled: i32) -> i8 {
        let value = scaled.saturating_add(self.output_zero_point);
        // The bounds lie within i8, which `check` has seen to.
        value.max(self.min).min(self.max) as i8
    }
}

/// `rne(f32(value) * multiplier)`; saturates far outside i8, NaN gives 0.
#[inline(always)]
pub fn scale_onnx(value: i32, multiplier: f32) -> i32 {
    round_to_i32(value as f32 * multiplier)
}

/// Nearest integer, ties to even, saturated to a range that is wide of i8 and safe to add to.
#[inline(always)]
pub(crate) fn round_to_i32(value: f32) -> i32 {
    round_ties_even(value.clamp(-1.0e6, 1.0e6)) as i32
}

/// TensorFlow Lite's `MultiplyByQuantizedMultiplier` with double rounding.
#[inline(always)]
pub fn scale_tflite(value: i32, multiplier: i32, shift: i32) -> i32 {
    let left = shift.clamp(0, 31).unsigned_abs();
    let right = shift.clamp(-31, 0).unsigned_abs();
    let shifted = value.wrapping_shl(left);
    rounding_shift_right(doubling_high_multiply(shifted, multiplier), right)
}

/// TensorFlow Lite's `MultiplyByQuantizedMultiplier` with single rounding: the whole product, shifted once,
/// halves rounded up.
#[inline(always)]
pub fn scale_tflite_single(value: i32, multiplier: i32, shift: i32) -> i32 {
    // Below 62, so that neither the half nor the product can overflow 64 bits.
    let right = 31i32.saturating_sub(shift).clamp(1, 62).unsigned_abs();
    let half = 1i64 << (right - 1);
    let product = i64::from(value) * i64::from(multiplier);
    let rounded = product.saturating_add(half) >> right;
    rounded.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// High half of `2 * a * b`, rounded to nearest with ties up, saturated (gemmlowp's
/// `SaturatingRoundingDoublingHighMul`).
#[inline(always)]
pub fn doubling_high_multiply(a: i32, b: i32) -> i32 {
    if a == i32::MIN && b == i32::MIN {
        return i32::MAX;
    }
    ((i64::from(a) * i64::from(b) + (1 << 30)) >> 31) as i32
}

/// `value / 2^exponent`, rounded half away from zero (gemmlowp's `RoundingDivideByPOT`).
#[inline(always)]
pub fn rounding_shift_right(value: i32, exponent: u32) -> i32 {
    let exponent = exponent.min(31);
    let mask = ((1i64 << exponent) - 1) as i32;
    let threshold = (mask >> 1) + i32::from(value < 0);
    (value >> exponent) + i32::from(value & mask > threshold)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn onnx_rounds_half_to_even() {
        for (value, expected) in [(1, 0), (3, 2), (5, 2), (-1, 0), (-3, -2), (7, 4)] {
            assert_eq!(scale_onnx(value, 0.5), expected, "{value} / 2");
        }
        assert_eq!(scale_onnx(i32::MAX, f32::MAX), 1_000_000);
        assert_eq!(scale_onnx(1, f32::NAN), 0);
    }

    #[test]
    fn tflite_rounds_half_away_from_zero_in_the_shift() {
        // A multiplier of 2^30 is one half; the shift of -1 halves again.
        for (value, expected) in [(2, 1), (6, 2), (-2, -1), (-6, -2), (4, 1)] {
            assert_eq!(scale_tflite(value, 1 << 30, -1), expected, "{value} / 4");
        }
        assert_eq!(doubling_high_multiply(i32::MIN, i32::MIN), i32::MAX);
    }

    proptest! {
        /// gemmlowp's formulation: truncating division after a nudge by the sign.
        #[test]
        fn doubling_high_multiply_equals_the_nudged_division(a: i32, b: i32) {
            prop_assume!(a != i32::MIN || b != i32::MIN);
            let product = i64::from(a) * i64::from(b);
            let nudge = if product >= 0 { 1i64 << 30 } else { 1 - (1i64 << 30) };
            prop_assert_eq!(i64::from(doubling_high_multiply(a, b)), (product + nudge) / (1i64 << 31));
        }

        #[test]
        fn single_rounding_is_the_nearest(value in -(1i32 << 24)..(1 << 24), m in 1i32 << 30..i32::MAX, shift in -20i32..1) {
            let exact = f64::from(value) * f64::from(m) * f64::from(shift - 31).exp2();
            let rounded = f64::from(scale_tflite_single(value, m, shift));
            prop_assert!((rounded - exact).abs() <= 0.5 + 1e-9, "{exact} became {rounded}");
        }

        #[test]
        fn rounding_shift_is_the_nearest(value: i32, exponent in 0u32..31) {
            let exact = f64::from(value) / f64::from(exponent).exp2();
            prop_assert_eq!(f64::from(rounding_shift_right(value, exponent)), exact.round());
        }
    }
}
