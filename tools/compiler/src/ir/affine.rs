use super::Affine;

impl Affine {
    /// Covers `min..=max` and 0, which is represented exactly.
    pub(crate) fn covering(min: f32, max: f32) -> Affine {
        let (min, max) = (min.min(0.0), max.max(0.0));
        let scale = (max - min) / 255.0;
        if !scale.is_normal() {
            // All values are 0, or so small that they may be.
            return Affine {
                scale: 1.0,
                zero_point: 0,
            };
        }
        let zero_point = (-128.0 - min / scale).round_ties_even() as i32;
        Affine {
            scale,
            zero_point: zero_point.clamp(-128, 127),
        }
    }

    /// The nearest integer value.
    pub(crate) fn quantise(&self, value: f32) -> i8 {
        let steps = (value / self.scale).round_ties_even();
        // A float beyond i32 saturates.
        (steps as i32)
            .saturating_add(self.zero_point)
            .clamp(-128, 127) as i8
    }

    /// The real value of an integer.
    pub(crate) fn dequantise(&self, value: i8) -> f32 {
        (i32::from(value) - self.zero_point) as f32 * self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn zero_is_exact_and_the_range_is_covered(a in -1e6_f32..1e6, b in -1e6_f32..1e6) {
            let (min, max) = (a.min(b), a.max(b));
            let affine = Affine::covering(min, max);
            prop_assert_eq!(affine.dequantise(affine.quantise(0.0)), 0.0);
            for value in [min, max] {
                let error = (affine.dequantise(affine.quantise(value)) - value).abs();
                prop_assert!(error <= affine.scale * 1.01, "{value} is off by {error}");
            }
        }
    }

    #[test]
    fn an_empty_range_is_legal() {
        assert_eq!(Affine::covering(0.0, 0.0).quantise(3.0), 3);
    }
}
