use std::f32::consts::TAU;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{DataError, Dataset, Rng, RowId, Use};

/// Data made up by a generator: for tests and first steps, never evidence about a real task.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SyntheticConfig {
    /// What is generated.
    pub task: SyntheticTask,
    /// Rows for training and selection.
    pub rows: usize,
    /// Rows of the test set.
    pub test_rows: usize,
    /// Seed of the generator.
    pub seed: u64,
}

/// Tasks that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SyntheticTask {
    /// Hand gestures seen by a 3-axis accelerometer: see [`GESTURES`].
    Gestures,
}

/// Classes of [`SyntheticTask::Gestures`].
pub const GESTURES: [&str; 5] = ["clockwise", "anticlockwise", "wave", "push", "idle"];

/// Samples in a window.
const WINDOW: usize = 64;
/// Samples a second, so a window lasts 2 s.
const SAMPLE_RATE_HZ: f32 = 32.0;

impl SyntheticConfig {
    /// The rows for training and selection: items `[3, 64, 1]`, acceleration in g.
    pub fn generate(&self, name: &str) -> Dataset {
        self.draw(name, Use::Train, self.rows, 0)
    }

    /// The test rows, from a stream of their own.
    pub(crate) fn generate_test(&self, name: &str) -> Dataset {
        self.draw(name, Use::Eval, self.test_rows, 1)
    }

    fn draw(&self, name: &str, usage: Use, rows: usize, stream: u64) -> Dataset {
        let mut rng = Rng::new(self.seed, stream);
        let SyntheticTask::Gestures = self.task;
        let mut inputs = Vec::with_capacity(rows * 3 * WINDOW);
        let mut labels = Vec::with_capacity(rows);
        let mut ids = Vec::with_capacity(rows);
        for _ in 0..rows {
            let label = rng.below(GESTURES.len());
            let item = gesture(label, &mut rng);
            ids.push(row_id(&item));
            inputs.extend(item);
            labels.push(label);
        }
        let classes = GESTURES.map(String::from).to_vec();
        let assembled: Result<Dataset, DataError> = Dataset::new(
            format!("{name} (synthetic)"),
            usage,
            vec![3, WINDOW, 1],
            inputs,
            Some(labels),
            classes,
            ids,
        );
        assembled.expect("the generator fills every row")
    }
}

fn row_id(item: &[f32]) -> RowId {
    let mut hash = Sha256::new();
    for value in item {
        hash.update(value.to_le_bytes());
    }
    hash.finalize().into()
}

/// One window, `[3, 64]`.
///
/// A gesture starts and ends at a random time, is performed at a random size, speed and phase, by
/// a hand that holds the sensor at a random angle; on top come gravity, tremor and an occasional
/// knock. The two circles differ only in which axis leads by a quarter turn, which no linear
/// function of the window can tell.
fn gesture(label: usize, rng: &mut Rng) -> Vec<f32> {
    let start_s = rng.range(0.1, 0.8);
    let duration_s = rng.range(0.7, 1.2);
    let amplitude_g = 0.22 * rng.range(0.0, 1.4).exp();
    let turns = rng.range(1.2, 2.6);
    let phase = rng.range(0.0, TAU);
    let ellipse = rng.range(0.45, 1.0);
    let wobble_g = amplitude_g * rng.range(0.0, 0.25);
    let tremor_g = rng.range(0.04, 0.12);
    let rotation = small_rotation(rng);

    let mut window = vec![0.0; 3 * WINDOW];
    for sample in 0..WINDOW {
        let time_s = sample as f32 / SAMPLE_RATE_HZ;
        let progress = (time_s - start_s) / duration_s;
        let mut hand_g = [0.0, 0.0, 1.0];
        if (0.0..=1.0).contains(&progress) {
            let envelope = (0.5 * TAU * progress).sin().powi(2);
            let angle = TAU * turns * progress + phase;
            let motion = match GESTURES[label] {
                "clockwise" => [angle.cos(), -ellipse * angle.sin(), 0.0],
                "anticlockwise" => [angle.cos(), ellipse * angle.sin(), 0.0],
                "wave" => [angle.cos(), 0.3 * ellipse * angle.cos(), 0.0],
                "push" => [0.0, 0.0, 1.4 * (TAU * progress).sin()],
                _ => [0.0; 3],
            };
            for (axis, motion) in motion.into_iter().enumerate() {
                let wobble = wobble_g * (2.3 * angle + axis as f32).sin();
                let moves = if GESTURES[label] == "idle" { 0.0 } else { 1.0 };
                hand_g[axis] += envelope * (amplitude_g * motion + moves * wobble);
            }
        }
        for (axis, row) in rotation.iter().enumerate() {
            let seen: f32 = row.iter().zip(hand_g).map(|(r, g)| r * g).sum();
            window[axis * WINDOW + sample] = seen + tremor_g * rng.normal();
        }
    }
    if rng.uniform() < 0.3 {
        let axis = rng.below(3);
        let at = rng.below(WINDOW - 2);
        let knock_g = rng.range(-1.2, 1.2);
        window[axis * WINDOW + at] += knock_g;
        window[axis * WINDOW + at + 1] -= 0.5 * knock_g;
    }
    window
}

/// Roll, pitch and yaw of up to 25 degrees each, as a matrix.
fn small_rotation(rng: &mut Rng) -> [[f32; 3]; 3] {
    let limit = 25_f32.to_radians();
    let [(sr, cr), (sp, cp), (sy, cy)] = [(); 3].map(|()| rng.range(-limit, limit).sin_cos());
    [
        [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
        [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
        [-sp, cp * sr, cp * cr],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(seed: u64) -> SyntheticConfig {
        SyntheticConfig {
            task: SyntheticTask::Gestures,
            rows: 200,
            test_rows: 100,
            seed,
        }
    }

    #[test]
    fn the_seed_decides_everything() {
        let data = config(1).generate("gestures");
        assert_eq!(
            data.fingerprint(),
            config(1).generate("gestures").fingerprint()
        );
        assert_ne!(
            data.fingerprint(),
            config(2).generate("gestures").fingerprint()
        );
    }

    #[test]
    fn every_class_occurs_and_values_are_accelerations() {
        let data = config(1).generate("gestures");
        for label in 0..GESTURES.len() {
            assert!(data.labels().unwrap().contains(&label));
        }
        assert!(data.inputs().iter().all(|value| value.abs() < 6.0));
    }

    #[test]
    fn test_rows_are_not_training_rows() {
        let test = config(1).generate_test("gestures");
        assert_eq!(test.rows_shared_with(&config(1).generate("gestures")), 0);
        assert!(test.for_training().is_err());
    }
}
