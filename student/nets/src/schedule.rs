use std::f64::consts::PI;

/// Linear warm-up over the first `warmup` of all steps, then a cosine down to 0 (Loshchilov and
/// Hutter, 2017). Returns a factor of the learning rate for `step`, counted from 0.
pub(crate) fn warmup_cosine(step: usize, steps: usize, warmup: f64) -> f64 {
    let warmup_steps = (warmup * steps as f64).round();
    let step = step as f64 + 1.0;
    if step <= warmup_steps {
        return step / warmup_steps;
    }
    let progress = (step - warmup_steps) / (steps as f64 - warmup_steps + 1.0);
    0.5 * (1.0 + (PI * progress).cos())
}

#[cfg(test)]
mod tests {
    use super::warmup_cosine;

    #[test]
    fn rises_to_1_then_falls_to_almost_0() {
        let factors: Vec<f64> = (0..100).map(|step| warmup_cosine(step, 100, 0.1)).collect();
        assert_eq!(factors[9], 1.0);
        assert!(factors[..10].is_sorted());
        assert!(factors[9..].is_sorted_by(|early, late| early > late));
        assert!(factors[99] > 0.0 && factors[99] < 0.001);
    }

    #[test]
    fn works_without_warmup() {
        assert!(warmup_cosine(0, 10, 0.0) < 1.0);
        assert!(warmup_cosine(9, 10, 0.0) > 0.0);
    }
}
