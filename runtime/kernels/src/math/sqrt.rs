/// Square root, correctly rounded.
pub fn sqrt(x: f32) -> f32 {
    if x == 0.0 || x == f32::INFINITY {
        return x;
    }
    if x.is_nan() || x < 0.0 {
        return f32::NAN;
    }
    let (mantissa, exponent) = parts(x);
    // An even exponent, and a root of 25 bits: the 24 of a float and one to round by. It is never a tie,
    // because the square of an odd number is odd.
    let shift = 26 - (exponent & 1);
    let root = (u64::from(mantissa) << shift).isqrt();
    let rounded = (root + 1) >> 1;
    rounded as f32 * power_of_two((exponent - shift) / 2 + 1)
}

/// `x` as an integer of 24 bits times a power of two; `x` is positive and finite.
fn parts(x: f32) -> (u32, i32) {
    let exponent = (x.to_bits() >> 23) as i32;
    let mantissa = x.to_bits() & 0x007F_FFFF;
    if exponent > 0 {
        return (mantissa | 0x0080_0000, exponent - 150);
    }
    let shift = mantissa.leading_zeros().saturating_sub(8);
    (mantissa << shift, -149 - shift as i32)
}

/// `2^n`, which is in the range of normal floats for half the exponent of any.
fn power_of_two(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn is_correctly_rounded() {
        within(0, sqrt, f64::sqrt);
        for bits in 0..1 << 16 {
            let subnormal = f32::from_bits(bits);
            assert_eq!(sqrt(subnormal), f64::from(subnormal).sqrt() as f32);
        }
    }
}
