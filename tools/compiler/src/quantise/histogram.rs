use crate::ir::Affine;
use crate::options::Range;

/// Bins over the range of a tensor's values.
const BINS: usize = 2048;
/// Values of an int8.
const LEVELS: usize = 256;
/// Shares of the whole range that are tried, from all of it down to 0.2 in steps of 0.02.
const CANDIDATES: usize = 41;

/// How often the values of a tensor lie in each part of their range.
#[derive(Clone, Debug)]
pub(super) struct Histogram {
    min: f32,
    max: f32,
    counts: Vec<u64>,
}

impl Histogram {
    /// An empty histogram over `min..=max`.
    pub(super) fn new((min, max): (f32, f32)) -> Histogram {
        Histogram {
            min,
            max,
            counts: vec![0; BINS],
        }
    }

    /// Counts values.
    pub(super) fn add(&mut self, values: &[f32]) {
        let bins_per_unit = BINS as f32 / (self.max - self.min);
        for &value in values {
            let bin = ((value - self.min) * bins_per_unit) as usize;
            self.counts[bin.min(BINS - 1)] += 1;
        }
    }

    /// The range that int8 values are to cover.
    pub(super) fn range(&self, choice: Range) -> (f32, f32) {
        match choice {
            Range::MinMax => (self.min, self.max),
            Range::Percentile(share) => self.trimmed(share),
            Range::Mse => self.best(|range| self.squared_error(range)),
            Range::Entropy => self.best(|range| self.divergence(range)),
        }
    }

    /// The range without `share` of the values at each end.
    fn trimmed(&self, share: f64) -> (f32, f32) {
        let total: u64 = self.counts.iter().sum();
        let allowed = (total as f64 * share) as u64;
        let empty = |bins: &mut dyn Iterator<Item = &u64>| {
            let mut seen = 0;
            let within = |count: &&u64| {
                seen += **count;
                seen <= allowed
            };
            bins.take_while(within).count()
        };
        let below = empty(&mut self.counts.iter());
        let above = empty(&mut self.counts.iter().rev());
        if below + above >= BINS {
            return (self.min, self.max);
        }
        let width = self.width();
        (
            self.min + below as f32 * width,
            self.max - above as f32 * width,
        )
    }

    fn width(&self) -> f32 {
        (self.max - self.min) / BINS as f32
    }

    /// Middle of a bin.
    fn middle(&self, bin: usize) -> f32 {
        self.min + (bin as f32 + 0.5) * self.width()
    }

    /// The part of the whole range with the least loss. The ends shrink towards zero, since zero is always covered,
    /// one after the other: a tail at one end says nothing about the other.
    fn best(&self, loss: impl Fn((f32, f32)) -> f64) -> (f32, f32) {
        let shares = || (0..CANDIDATES).map(|step| 1.0 - 0.02 * step as f32);
        let least = |ranges: &mut dyn Iterator<Item = (f32, f32)>| {
            let mut best = ((self.min, self.max), f64::INFINITY);
            for range in ranges {
                let loss = loss(range);
                if loss < best.1 {
                    best = (range, loss);
                }
            }
            best.0
        };
        let (min, max) = least(&mut shares().map(|share| (self.min, self.max * share)));
        least(&mut shares().map(|share| (min * share, max)))
    }

    /// Sum of the squared errors of quantising every value with this range.
    fn squared_error(&self, (min, max): (f32, f32)) -> f64 {
        let affine = Affine::covering(min, max);
        let bins = self.counts.iter().enumerate();
        bins.filter(|(_, count)| **count > 0)
            .map(|(bin, &count)| {
                let value = self.middle(bin);
                let error = f64::from(affine.dequantise(affine.quantise(value)) - value);
                count as f64 * error * error
            })
            .sum()
    }

    /// Kullback-Leibler divergence of the values, clipped to the range, from what 256 levels can tell of
    /// them (Migacz, "8-bit inference with TensorRT", 2017).
    fn divergence(&self, (min, max): (f32, f32)) -> f64 {
        let clipped = |bin: usize| self.middle(bin).clamp(min, max);
        let level = |value: f32| {
            let position = (value - min) / (max - min) * LEVELS as f32;
            (position as usize).min(LEVELS - 1)
        };
        // What lies outside joins the bin at the edge in the reference alone, so that clipping costs.
        let inside = |bin: usize| (min..=max).contains(&self.middle(bin));
        let Some(first) = (0..BINS).find(|&bin| inside(bin)) else {
            return f64::INFINITY;
        };
        let last = (0..BINS).rfind(|&bin| inside(bin)).unwrap_or(first);
        let mut reference = vec![0.0_f64; BINS];
        let (mut sums, mut used) = ([0.0_f64; LEVELS], [0_u32; LEVELS]);
        for (bin, &count) in self.counts.iter().enumerate().filter(|(_, c)| **c > 0) {
            reference[bin.clamp(first, last)] += count as f64;
            if inside(bin) {
                sums[level(clipped(bin))] += count as f64;
            }
        }
        for bin in (first..=last).filter(|&bin| reference[bin] > 0.0) {
            used[level(clipped(bin))] += 1;
        }
        let total: f64 = reference.iter().sum();
        let kept: f64 = sums.iter().sum();
        if total == 0.0 || kept == 0.0 {
            return f64::INFINITY;
        }
        (first..=last)
            .filter(|&bin| reference[bin] > 0.0)
            .map(|bin| {
                let level = level(clipped(bin));
                let p = reference[bin] / total;
                // A bin that only clipped values reach still has some probability.
                let q = (sums[level] / f64::from(used[level].max(1)) / kept).max(1e-9);
                p * (p / q).ln()
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dense around zero, with a few values far out.
    fn long_tail() -> Histogram {
        let mut histogram = Histogram::new((-1.0, 100.0));
        let dense: Vec<f32> = (0..20_000).map(|i| (i as f32 * 0.7).sin()).collect();
        histogram.add(&dense);
        histogram.add(&[100.0]);
        histogram
    }

    #[test]
    fn trimming_leaves_out_the_tails() {
        let mut histogram = Histogram::new((0.0, 10.0));
        histogram.add(&[0.0]);
        histogram.add(&(0..80).map(|i| 1.0 + i as f32 * 0.1).collect::<Vec<_>>());
        histogram.add(&[10.0]);
        let (min, max) = histogram.range(Range::Percentile(0.02));
        assert!(
            (0.9..=1.0).contains(&min) && (8.9..=9.1).contains(&max),
            "{min} {max}"
        );
        assert_eq!(histogram.range(Range::Percentile(0.0)), (0.0, 10.0));
        assert_eq!(histogram.range(Range::MinMax), (0.0, 10.0));
    }

    #[test]
    fn entropy_gives_up_a_lonely_tail() {
        let (_, max) = long_tail().range(Range::Entropy);
        assert!(max < 50.0, "{max}");
    }

    #[test]
    fn the_squared_error_is_least_at_the_chosen_range() {
        let histogram = long_tail();
        let chosen = histogram.squared_error(histogram.range(Range::Mse));
        for share in [1.0, 0.8, 0.5, 0.3] {
            let other = histogram.squared_error((-share, 100.0 * share));
            assert!(chosen <= other, "{share}: {other} < {chosen}");
        }
    }

    #[test]
    fn values_without_outliers_keep_their_range() {
        let mut histogram = Histogram::new((-1.0, 1.0));
        let even: Vec<f32> = (0..40_000).map(|i| i as f32 / 20_000.0 - 1.0).collect();
        histogram.add(&even);
        for choice in [Range::Mse, Range::Entropy] {
            let (min, max) = histogram.range(choice);
            assert!(min < -0.9 && max > 0.9, "{choice:?}: {min} {max}");
        }
    }
}
