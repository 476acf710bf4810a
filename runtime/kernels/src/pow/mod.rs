//! Powers, with broadcasting (ONNX `Pow`, opsets 7 to 15): the result has the base's type.
//!
//! Floats: within 1 ULP, with the special cases of IEEE 754. Integers: a whole exponent gives a product
//! that wraps, a negative one its inverse towards zero (0 for a base of 0); to an exponent with a fraction
//! the result is computed in f64, truncated and saturated.
//!
//! Elements are written first to last. The output may overlap an operand of its own shape as
//! [`Overlap::elementwise`](crate::Overlap::elementwise) says, and no other.

use crate::broadcast::Pair;
use crate::{Result, math};

/// A type of exponents.
pub trait Exponent: Copy + Default {
    /// The exponent as a float.
    fn real(self) -> f64;
    /// The exponent, where it is whole and fits.
    fn whole(self) -> Option<i64>;
}

impl Exponent for f32 {
    fn real(self) -> f64 {
        f64::from(self)
    }

    fn whole(self) -> Option<i64> {
        let whole = self as i64;
        (whole as f32 == self).then_some(whole)
    }
}

impl Exponent for i64 {
    fn real(self) -> f64 {
        self as f64
    }

    fn whole(self) -> Option<i64> {
        Some(self)
    }
}

/// A type of integer bases.
pub trait Base: Copy + Default + Into<i64> {
    /// The low bits.
    fn wrap(value: i64) -> Self;
    /// Towards zero, saturated.
    fn truncate(value: f64) -> Self;
}

macro_rules! bases {
    ($($type:ty)*) => {$(
        impl Base for $type {
            fn wrap(value: i64) -> Self {
                value as Self
            }

            fn truncate(value: f64) -> Self {
                value as Self
            }
        }
    )*};
}

bases! { i32 i64 }

/// Powers of floats.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast.
pub fn f32<E: Exponent>(pair: &Pair<'_, f32, E, f32>) -> Result {
    pair.map(|base, exponent| math::pow(f64::from(base), exponent.real()) as f32)
}

/// Powers of integers.
///
/// # Errors
/// [`ContractError`](crate::ContractError) where the shapes do not broadcast.
pub fn integer<T: Base, E: Exponent>(pair: &Pair<'_, T, E, T>) -> Result {
    pair.map(|base, exponent| match exponent.whole() {
        Some(whole) => T::wrap(power(base.into(), whole)),
        None => T::truncate(math::pow(base.into() as f64, exponent.real())),
    })
}

fn power(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 => 1 - 2 * (exponent & 1),
            _ => 0,
        };
    }
    let (mut result, mut square, mut rest) = (1i64, base, exponent);
    while rest > 0 {
        if rest & 1 == 1 {
            result = result.wrapping_mul(square);
        }
        square = square.wrapping_mul(square);
        rest >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::testing::{cells, values};
    use proptest::prelude::*;

    fn one<A: Copy, E: Copy>(
        run: impl Fn(&Pair<'_, A, E, A>) -> Result,
        base: A,
        exponent: E,
    ) -> A {
        let y = cells(&[base]);
        run(&Pair {
            a: Source::Constant(&[base]),
            a_shape: &[1],
            b: Source::Constant(&[exponent]),
            b_shape: &[],
            output: &y,
            shape: &[1],
        })
        .unwrap();
        values(&y)[0]
    }

    #[test]
    fn floats_take_both_kinds_of_exponents() {
        assert_eq!(one(f32, 3.0f32, 4i64), 81.0);
        assert_eq!(one(f32, -2.0f32, 3.0f32), -8.0);
        assert!(one(f32, -2.0f32, 0.5f32).is_nan());
    }

    #[test]
    fn integers_take_fractions_and_negative_exponents() {
        assert_eq!(one(integer, 3i32, 6.0f32), 729);
        assert_eq!(one(integer, 16i64, 0.5f32), 4);
        assert_eq!(one(integer, 2i32, f32::INFINITY), i32::MAX);
        for (base, wanted) in [(1i64, 1), (-1, -1), (2, 0), (0, 0)] {
            assert_eq!(one(integer, base, -3i64), wanted, "{base}");
        }
    }

    proptest! {
        #[test]
        fn whole_powers_wrap(base: i32, exponent in 0u32..70) {
            prop_assert_eq!(one(integer, base, i64::from(exponent)), base.wrapping_pow(exponent));
        }
    }
}
