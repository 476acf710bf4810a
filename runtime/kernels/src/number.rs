use core::cmp::Ordering;

/// Elements that can be counted with and compared. Integers wrap.
pub trait Number: Copy + Default {
    /// One.
    const ONE: Self;
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// Product.
    fn mul(self, other: Self) -> Self;
    /// The lesser; NaN where either is NaN.
    fn min(self, other: Self) -> Self;
    /// The greater; NaN where either is NaN.
    fn max(self, other: Self) -> Self;
    /// A total order: NaN is above every number and equals NaN, both zeros are equal.
    fn order(self, other: Self) -> Ordering;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Number for $type {
            const ONE: $type = 1;
            fn add(self, other: $type) -> $type {
                self.wrapping_add(other)
            }
            fn mul(self, other: $type) -> $type {
                self.wrapping_mul(other)
            }
            fn min(self, other: $type) -> $type {
                Ord::min(self, other)
            }
            fn max(self, other: $type) -> $type {
                Ord::max(self, other)
            }
            fn order(self, other: $type) -> Ordering {
                self.cmp(&other)
            }
        }
    )*};
}

integers!(i8 u8 i16 i32 i64);

impl Number for f32 {
    const ONE: f32 = 1.0;
    fn add(self, other: f32) -> f32 {
        self + other
    }
    fn mul(self, other: f32) -> f32 {
        self * other
    }
    fn min(self, other: f32) -> f32 {
        if other < self || other.is_nan() {
            other
        } else {
            self
        }
    }
    fn max(self, other: f32) -> f32 {
        if other > self || other.is_nan() {
            other
        } else {
            self
        }
    }
    fn order(self, other: f32) -> Ordering {
        let nans = self.is_nan().cmp(&other.is_nan());
        self.partial_cmp(&other).unwrap_or(nans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_above_all_and_goes_through() {
        let nan = f32::NAN;
        assert_eq!(nan.order(f32::INFINITY), Ordering::Greater);
        assert_eq!(1.0.order(nan), Ordering::Less);
        assert_eq!(nan.order(nan), Ordering::Equal);
        assert_eq!((-0.0).order(0.0), Ordering::Equal);
        for (a, b) in [(nan, 1.0), (1.0, nan)] {
            assert!(Number::min(a, b).is_nan() && Number::max(a, b).is_nan());
        }
        assert_eq!(Number::min(2.0, 1.0), 1.0);
        assert_eq!(Number::max(2.0, 1.0), 2.0);
    }

    #[test]
    fn integers_wrap() {
        assert_eq!(Number::add(i8::MAX, 1), i8::MIN);
        assert_eq!(Number::mul(i32::MAX, 2), -2);
    }
}
