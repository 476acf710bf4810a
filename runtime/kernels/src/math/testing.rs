//! Sweeps over the floats.

use crate::testing::ulps;

/// Every 4,099th float, which reaches all exponents of both signs, and the special values.
pub(super) fn sweep() -> impl Iterator<Item = f32> {
    let special = [0.0, -0.0, 1.0, -1.0, f32::INFINITY, f32::NEG_INFINITY];
    let grid = (0..=u32::MAX).step_by(4099).map(f32::from_bits);
    grid.chain(special)
}

/// Asserts that a function lies within `bound` ULP of the exact one, rounded to f32; NaN must meet NaN, and
/// zeros zeros of their own sign.
pub(super) fn within(bound: u32, ours: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) {
    for x in sweep() {
        let (y, reference) = (ours(x), exact(f64::from(x)) as f32);
        let same = if y.is_nan() || reference.is_nan() {
            y.is_nan() && reference.is_nan()
        } else if y == 0.0 && reference == 0.0 {
            y.to_bits() == reference.to_bits()
        } else {
            ulps(y, reference) <= bound
        };
        assert!(same, "at {x:e}: {y:e}, not {reference:e}");
    }
}
