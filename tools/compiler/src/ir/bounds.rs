/// Bounds that a step clamps its result to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bounds {
    /// Smallest result.
    pub(crate) min: f32,
    /// Largest result.
    pub(crate) max: f32,
}

impl Bounds {
    /// No clamping.
    pub(crate) const NONE: Bounds = Bounds {
        min: f32::NEG_INFINITY,
        max: f32::INFINITY,
    };

    /// The bounds of `Relu`.
    pub(crate) const RELU: Bounds = Bounds {
        min: 0.0,
        max: f32::INFINITY,
    };

    /// The bounds of clamping by `self`, then by `next`.
    pub(crate) fn then(self, next: Bounds) -> Bounds {
        let clamp = |value: f32| value.max(next.min).min(next.max);
        Bounds {
            min: clamp(self.min),
            max: clamp(self.max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_compose() {
        let relu6 = Bounds { min: 0.0, max: 6.0 };
        assert_eq!(Bounds::RELU.then(relu6), relu6);
        assert_eq!(Bounds::NONE.then(Bounds::RELU), Bounds::RELU);
        let low = Bounds {
            min: -3.0,
            max: -1.0,
        };
        assert_eq!(low.then(Bounds::RELU), Bounds { min: 0.0, max: 0.0 });
    }
}
