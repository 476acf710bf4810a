use half::f16;

/// An element of which poolings find the largest.
pub trait Maximum: Copy + Default {
    /// What no element is smaller than.
    const LEAST: Self;

    /// Whether `self` takes the place of `best`; NaN does, always.
    fn exceeds(self, best: Self) -> bool;
}

impl Maximum for f32 {
    const LEAST: f32 = f32::NEG_INFINITY;

    #[inline(always)]
    fn exceeds(self, best: f32) -> bool {
        self > best || self.is_nan()
    }
}

impl Maximum for f16 {
    const LEAST: f16 = f16::NEG_INFINITY;

    #[inline(always)]
    fn exceeds(self, best: f16) -> bool {
        self > best || self.is_nan()
    }
}

impl Maximum for i8 {
    const LEAST: i8 = i8::MIN;

    #[inline(always)]
    fn exceeds(self, best: i8) -> bool {
        self > best
    }
}

impl Maximum for u8 {
    const LEAST: u8 = u8::MIN;

    #[inline(always)]
    fn exceeds(self, best: u8) -> bool {
        self > best
    }
}
