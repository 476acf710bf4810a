use half::f16;

/// A stored number that float kernels read as f32: an activation, or a weight in fewer bits.
pub trait Widen: Copy + Default {
    /// The value.
    fn widen(self) -> f32;
}

/// A number that float kernels also write.
pub trait Real: Widen {
    /// The nearest number to `value`, ties to even.
    fn narrow(value: f32) -> Self;
}

impl Widen for f32 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self
    }
}

impl Real for f32 {
    #[inline(always)]
    fn narrow(value: f32) -> f32 {
        value
    }
}

impl Widen for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }
}

impl Real for f16 {
    #[inline(always)]
    fn narrow(value: f32) -> f16 {
        f16::from_f32(value)
    }
}

impl Widen for i8 {
    #[inline(always)]
    fn widen(self) -> f32 {
        f32::from(self)
    }
}
