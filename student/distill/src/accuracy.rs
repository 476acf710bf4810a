use cadet_nets::predicted_class;
use serde::{Deserialize, Serialize};

/// Share of rows that are right, with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Rows whose largest logit is at the label.
    pub right: usize,
    /// All rows.
    pub rows: usize,
    /// `right / rows`, to six places.
    pub share: f64,
    /// 95 % interval of the share (Wilson, 1927).
    pub interval: [f64; 2],
}

impl Accuracy {
    /// Compares logits `[rows, classes]` with labels; of equal logits the first counts.
    pub fn of(logits: &[f32], labels: &[usize]) -> Self {
        let classes = logits.len() / labels.len().max(1);
        let right = logits
            .chunks_exact(classes.max(1))
            .zip(labels)
            .filter(|(row, label)| predicted_class(row) == **label)
            .count();
        Self::new(right, labels.len())
    }

    fn new(right: usize, rows: usize) -> Self {
        let count = rows.max(1) as f64;
        let share = right as f64 / count;
        let z = 1.96_f64;
        let centre = share + z * z / (2.0 * count);
        let spread = z * (share * (1.0 - share) / count + z * z / (4.0 * count * count)).sqrt();
        let scale = 1.0 / (1.0 + z * z / count);
        let rounded = |share: f64| (share * 1e6).round() / 1e6;
        Self {
            right,
            rows,
            share: rounded(share),
            interval: [centre - spread, centre + spread].map(|bound| rounded(scale * bound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_rows_and_bounds_the_share() {
        let logits = [0.0, 1.0, 2.0, 1.0, 0.5, 0.5];
        let accuracy = Accuracy::of(&logits, &[1, 0, 1]);
        assert_eq!((accuracy.right, accuracy.rows), (2, 3));
        let [low, high] = Accuracy::new(9_800, 10_000).interval;
        assert!((low - 0.9771).abs() < 1e-4 && (high - 0.9826).abs() < 1e-4);
    }
}
