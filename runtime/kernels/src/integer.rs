/// An element that floats are quantised to.
pub trait Integer: Copy + Default + Into<i32> {
    /// The nearest element to `value`.
    fn saturate(value: i32) -> Self;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Integer for $t {
            #[inline(always)]
            fn saturate(value: i32) -> $t {
                <$t>::try_from(value).unwrap_or(if value < 0 { <$t>::MIN } else { <$t>::MAX })
            }
        }
    )*};
}

integers!(i8 u8 i16);
