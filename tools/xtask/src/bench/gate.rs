//! Whether a series has become slower than its own noise explains.

/// What a change has to exceed to be one, as a share.
pub(super) const FLOOR: f64 = 0.05;
/// How many times the noise a change has to exceed, too.
const SIGMAS: f64 = 3.0;
/// From the median deviation to the standard deviation of a normal distribution.
const NORMAL: f64 = 1.4826;

/// A series then and now.
#[derive(Debug, PartialEq)]
pub(super) struct Comparison {
    /// Median of the rounds, then and now.
    pub(super) medians: [f64; 2],
    /// What changed, as a share of what was; above 0 where it is slower.
    pub(super) change: f64,
    /// Noise of a round, as the same share: the greater of both runs'.
    pub(super) noise: f64,
    pub(super) verdict: Verdict,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    Same,
    Faster,
    Slower,
}

/// Compares the rounds of a series; `None` where one of both has no time above 0.
pub(super) fn compare(before: &[f64], after: &[f64]) -> Option<Comparison> {
    let [then, now] = [median(before)?, median(after)?];
    if then <= 0.0 || now <= 0.0 {
        return None;
    }
    let change = now / then - 1.0;
    let noise = deviation(before)?.max(deviation(after)?) / then;
    let is_real = change.abs() > FLOOR && change.abs() > SIGMAS * noise;
    let verdict = match is_real {
        false => Verdict::Same,
        true if change > 0.0 => Verdict::Slower,
        true => Verdict::Faster,
    };
    Some(Comparison {
        medians: [then, now],
        change,
        noise,
        verdict,
    })
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get((sorted.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

/// Standard deviation by the median distance from the median, which a few odd rounds do not move.
fn deviation(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    let distances: Vec<f64> = values.iter().map(|it| (it - middle).abs()).collect();
    Some(NORMAL * median(&distances)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(before: &[f64], after: &[f64]) -> Verdict {
        compare(before, after).unwrap().verdict
    }

    #[test]
    fn a_quiet_series_fails_beyond_the_floor() {
        let before = [100.0, 100.2, 99.9, 100.1, 100.0];
        let times = |factor: f64| before.map(|it| it * factor);
        assert_eq!(verdict(&before, &before), Verdict::Same);
        assert_eq!(verdict(&before, &times(1.049)), Verdict::Same);
        assert_eq!(verdict(&before, &times(1.051)), Verdict::Slower);
        assert_eq!(verdict(&before, &times(0.94)), Verdict::Faster);
    }

    #[test]
    fn a_loud_series_fails_beyond_its_noise() {
        // Median distance 6, hence a deviation of 8.9 and a threshold of 26.7.
        let before = [94.0, 106.0, 100.0, 93.0, 108.0];
        let shifted = |by: f64| before.map(|it| it + by);
        assert_eq!(verdict(&before, &shifted(26.0)), Verdict::Same);
        assert_eq!(verdict(&before, &shifted(27.5)), Verdict::Slower);
        // The noise of either run counts.
        let quiet = [100.0; 5];
        assert_eq!(verdict(&quiet, &shifted(26.0)), Verdict::Same);
        assert_eq!(verdict(&shifted(26.0), &quiet), Verdict::Same);
    }

    #[test]
    fn odd_rounds_change_nothing() {
        let before = [100.0, 100.1, 99.9, 100.0, 900.0];
        let found = compare(&before, &[110.0, 110.1, 109.9, 110.0, 1.0]).unwrap();
        assert_eq!(found.verdict, Verdict::Slower);
        assert!((found.change - 0.1).abs() < 1e-9 && found.noise < 0.002);
    }

    #[test]
    fn no_rounds_are_no_series() {
        assert_eq!(compare(&[], &[1.0]), None);
        assert_eq!(compare(&[1.0], &[]), None);
        assert_eq!(compare(&[0.0], &[1.0]), None);
    }

    /// Microseconds of a loop of 20,000 multiplications on a shared machine, recorded: odd rounds run on a slower clock.
    const RECORDED: [f64; 9] = [19.0, 19.1, 19.0, 19.0, 19.1, 19.0, 19.3, 19.0, 29.6];
    /// The same once more.
    const AGAIN: [f64; 9] = [19.1, 19.0, 19.1, 19.4, 18.7, 19.0, 28.5, 19.3, 19.1];
    /// The same while others kept the machine busy.
    const BUSY: [f64; 9] = [19.1, 29.9, 28.3, 19.1, 26.1, 19.1, 28.5, 19.1, 27.7];
    /// A loop of 24,000.
    const SLOWER: [f64; 9] = [23.1, 24.9, 22.9, 22.9, 22.6, 35.1, 35.7, 35.7, 22.2];

    #[test]
    fn a_real_slowdown_is_found() {
        assert_eq!(verdict(&RECORDED, &SLOWER), Verdict::Slower);
        assert_eq!(verdict(&SLOWER, &RECORDED), Verdict::Faster);
    }

    #[test]
    fn a_busy_machine_is_no_slowdown() {
        assert_eq!(verdict(&RECORDED, &AGAIN), Verdict::Same);
        assert_eq!(verdict(&RECORDED, &BUSY), Verdict::Same);
        assert_eq!(verdict(&BUSY, &RECORDED), Verdict::Same);
    }
}
