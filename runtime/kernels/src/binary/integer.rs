/// Integers of a tensor. Arithmetic wraps, and division by zero gives 0.
pub trait Integer: Copy + Default + Ord {
    /// Sum.
    fn add(self, other: Self) -> Self;
    /// Difference.
    fn sub(self, other: Self) -> Self;
    /// Product.
    fn mul(self, other: Self) -> Self;
    /// Quotient, towards zero.
    fn div(self, other: Self) -> Self;
    /// Remainder with the sign of `self`.
    fn remainder(self, other: Self) -> Self;
    /// Remainder with the sign of `other`.
    fn modulo(self, other: Self) -> Self;
    /// Bits in both.
    fn and(self, other: Self) -> Self;
    /// Bits in either.
    fn or(self, other: Self) -> Self;
    /// Bits in one.
    fn xor(self, other: Self) -> Self;
    /// Shift to the left; 0 by a count that is negative or as large as the type.
    fn shift_left(self, count: Self) -> Self;
    /// Shift to the right that keeps the sign; only the sign by such a count.
    fn shift_right(self, count: Self) -> Self;
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl Integer for $type {
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }

            fn sub(self, other: Self) -> Self {
                self.wrapping_sub(other)
            }

            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }

            fn div(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_div(other) }
            }

            fn remainder(self, other: Self) -> Self {
                if other == 0 { 0 } else { self.wrapping_rem(other) }
            }

            fn modulo(self, other: Self) -> Self {
                let rest = Integer::remainder(self, other);
                // Two shifts leave nothing of an unsigned number.
                let differ = ((rest ^ other) >> (Self::BITS - 1)) >> 1 != 0;
                if rest != 0 && differ { rest.wrapping_add(other) } else { rest }
            }

            fn and(self, other: Self) -> Self {
                self & other
            }

            fn or(self, other: Self) -> Self {
                self | other
            }

            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            fn shift_left(self, count: Self) -> Self {
                let count = u32::try_from(count).ok();
                count.and_then(|count| self.checked_shl(count)).unwrap_or(0)
            }

            fn shift_right(self, count: Self) -> Self {
                let count = u32::try_from(count).ok();
                let sign = (self >> (Self::BITS - 1)) >> 1;
                count.and_then(|count| self.checked_shr(count)).unwrap_or(sign)
            }
        }
    )*};
}

integers! { i8 u8 i32 i64 }
