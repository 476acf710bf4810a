//! Fixed-point softmax, as gemmlowp and TensorFlow Lite define it. `Qm` below is an i32 with `m` integer
//! bits: its real value is `raw / 2^(31 - m)`.

use crate::Cell;
use crate::requantize::{doubling_high_multiply, rounding_shift_right, scale_tflite};

/// Integer bits of the scaled differences.
const DIFFERENCE_BITS: i32 = 5;
/// Integer bits of the sum of exponentials.
const SUM_BITS: i32 = 12;

pub(super) fn i8(multiplier: i32, shift: i32, diff_min: i32, x: &[Cell<i8>], y: &[Cell<i8>]) {
    let max = x
        .iter()
        .fold(i32::from(i8::MIN), |max, x| max.max(i32::from(x.get())));
    let exponential = |x: i8| {
        let difference = i32::from(x) - max;
        (difference >= diff_min)
            .then(|| exp_of_negative(scale_tflite(difference, multiplier, shift)))
    };
    let mut sum = 0i32;
    for x in x {
        let e = exponential(x.get()).unwrap_or(0);
        sum = sum.wrapping_add(rounding_shift_right(e, SUM_BITS as u32));
    }
    let headroom = sum.leading_zeros();
    // The sum as 1 + fraction, times a power of two.
    let fraction = ((sum as u32).wrapping_shl(headroom)).wrapping_sub(1 << 31) as i32;
    let reciprocal = one_over_one_plus(fraction);
    let bits_over_unit = SUM_BITS - headroom as i32;
    let right = (bits_over_unit + 31 - 8).clamp(0, 31).unsigned_abs();
    for (x, y) in x.iter().zip(y) {
        let probability = exponential(x.get()).map_or(0, |e| {
            rounding_shift_right(doubling_high_multiply(reciprocal, e), right)
        });
        y.set((probability - 128).clamp(-128, 127) as i8);
    }
}

/// `value * 2^exponent` with saturation.
fn saturating_shift_left(value: i32, exponent: u32) -> i32 {
    let wide = i64::from(value) << exponent.min(31);
    wide.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// e to the power of `a` (Q5, not positive), in Q0.
fn exp_of_negative(a: i32) -> i32 {
    const FRACTION_BITS: i32 = 31 - DIFFERENCE_BITS;
    const ONE_QUARTER: i32 = 1 << (FRACTION_BITS - 2);
    // exp(-2^k) for k from -2 to 4, in Q0.
    const FACTORS: [i32; 7] = [
        1_672_461_947,
        1_302_514_674,
        790_015_084,
        290_630_308,
        39_332_535,
        720_401,
        242,
    ];
    if a == 0 {
        return i32::MAX;
    }
    let modulo = (a & (ONE_QUARTER - 1)) - ONE_QUARTER;
    let mut result = exp_of_quarter(saturating_shift_left(modulo, DIFFERENCE_BITS as u32));
    let remainder = modulo.wrapping_sub(a);
    for (bit, factor) in (FRACTION_BITS - 2..).zip(FACTORS) {
        if remainder & (1i32 << bit) != 0 {
            result = doubling_high_multiply(result, factor);
        }
    }
    result
}

/// e to the power of `a` (Q0, in `[-1/4, 0)`), in Q0: a Taylor polynomial around -1/8.
fn exp_of_quarter(a: i32) -> i32 {
    const EXP_OF_MINUS_EIGHTH: i32 = 1_895_147_668;
    const ONE_THIRD: i32 = 715_827_883;
    let x = a.wrapping_add(1 << 28);
    let x2 = doubling_high_multiply(x, x);
    let x3 = doubling_high_multiply(x2, x);
    let x4 = doubling_high_multiply(x2, x2);
    let x4_over_4 = rounding_shift_right(x4, 2);
    let thirds = doubling_high_multiply(x4_over_4.wrapping_add(x3), ONE_THIRD);
    let tail = rounding_shift_right(thirds.wrapping_add(x2), 1);
    EXP_OF_MINUS_EIGHTH.wrapping_add(doubling_high_multiply(
        EXP_OF_MINUS_EIGHTH,
        x.wrapping_add(tail),
    ))
}

/// `1 / (1 + a)` for `a` in `[0, 1)`, Q0 to Q0: three Newton steps.
fn one_over_one_plus(a: i32) -> i32 {
    const Q2_48_OVER_17: i32 = 1_515_870_810;
    const Q2_MINUS_32_OVER_17: i32 = -1_010_580_540;
    const Q2_ONE: i32 = 1 << 29;
    let sum = i64::from(a) + i64::from(i32::MAX);
    let half_denominator = ((sum + if sum >= 0 { 1 } else { -1 }) / 2) as i32;
    let mut x = Q2_48_OVER_17.wrapping_add(doubling_high_multiply(
        half_denominator,
        Q2_MINUS_32_OVER_17,
    ));
    for _ in 0..3 {
        let product = doubling_high_multiply(half_denominator, x);
        let error = Q2_ONE.wrapping_sub(product);
        x = x.wrapping_add(saturating_shift_left(doubling_high_multiply(x, error), 2));
    }
    // Half of a Q2 number, as Q0.
    saturating_shift_left(x, 1)
}
