//! Rounding to integers; exact.

/// From here on a float has no fraction.
const INTEGERS: f32 = 8_388_608.0;

/// Nearest integer, ties to even.
#[inline(always)]
pub fn round_ties_even(x: f32) -> f32 {
    let magnitude = x.abs();
    if magnitude < INTEGERS {
        // Adding 2^23 rounds the fraction away.
        ((magnitude + INTEGERS) - INTEGERS).copysign(x)
    } else {
        x
    }
}

/// Greatest integer that is not above `x`.
pub fn floor(x: f32) -> f32 {
    let nearest = round_ties_even(x);
    if nearest > x { nearest - 1.0 } else { nearest }
}

/// Least integer that is not below `x`.
pub fn ceil(x: f32) -> f32 {
    -floor(-x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::testing::within;

    #[test]
    fn rounding_is_exact() {
        within(0, round_ties_even, f64::round_ties_even);
        within(0, floor, f64::floor);
        within(0, ceil, f64::ceil);
    }

    #[test]
    fn ties_go_to_even() {
        let ties = [0.5, 1.5, 2.5, -0.5, -1.5, 8_388_607.5];
        assert_eq!(
            ties.map(round_ties_even),
            [0.0, 2.0, 2.0, -0.0, -2.0, 8_388_608.0]
        );
    }
}
