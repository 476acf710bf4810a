use burn::module::{Module, Param};
use burn::tensor::module::{batch_norm, batch_norm_train};
use burn::tensor::{Device, Tensor, TensorData};

use crate::model::values;

/// Added to the variance.
pub(crate) const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Batch normalisation (Ioffe and Szegedy, 2015) over `[rows, channels, h, w]`.
///
/// Training uses the statistics of the rows at hand and returns them; whoever runs the replicas
/// merges theirs into the running ones. burn's own layer merges by thread in an order that differs
/// from run to run.
#[derive(Module, Debug)]
pub(crate) struct Norm {
    pub(crate) gamma: Param<Tensor<1>>,
    pub(crate) beta: Param<Tensor<1>>,
    /// Running mean.
    pub(crate) mean: Param<Tensor<1>>,
    /// Running variance.
    pub(crate) variance: Param<Tensor<1>>,
}

/// Mean and (biased) variance of each channel over some rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statistics {
    rows: usize,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

impl Norm {
    pub(crate) fn new(channels: usize, device: &Device) -> Self {
        let filled = |value: f32| Tensor::full([channels], value, device);
        let buffer = |value| Param::from_tensor(filled(value)).set_require_grad(false);
        Self {
            gamma: Param::from_tensor(filled(1.0)),
            beta: Param::from_tensor(filled(0.0)),
            mean: buffer(0.0),
            variance: buffer(1.0),
        }
    }

    /// Normalises by the running statistics.
    pub(crate) fn forward(&self, image: Tensor<4>) -> Tensor<4> {
        batch_norm(
            image,
            self.gamma.val(),
            self.beta.val(),
            self.mean.val(),
            self.variance.val(),
            EPSILON,
        )
    }

    /// Normalises by the statistics of `image` and returns them.
    pub(crate) fn forward_train(&self, image: Tensor<4>) -> (Tensor<4>, Statistics) {
        let rows = image.dims()[0];
        let result = batch_norm_train(image, self.gamma.val(), self.beta.val(), EPSILON);
        let statistics = Statistics {
            rows,
            mean: values(result.mean),
            variance: values(result.variance),
        };
        (result.output, statistics)
    }

    /// Moves the running statistics towards those of a batch.
    pub(crate) fn update(self, batch: &Statistics) -> Self {
        let towards = |running: Param<Tensor<1>>, batch: &[f32]| {
            running.map(|running| {
                let data = TensorData::new(batch.to_vec(), [batch.len()]);
                let batch = Tensor::from_data(data, &running.device());
                running.mul_scalar(1.0 - MOMENTUM) + batch.mul_scalar(MOMENTUM)
            })
        };
        Self {
            mean: towards(self.mean, &batch.mean),
            variance: towards(self.variance, &batch.variance),
            ..self
        }
    }
}

impl Statistics {
    /// Statistics of all rows from those of the parts.
    pub(crate) fn merge(parts: &[&Statistics]) -> Statistics {
        let rows: usize = parts.iter().map(|part| part.rows).sum();
        let channels = parts.first().map_or(0, |part| part.mean.len());
        let average = |value: &dyn Fn(&Statistics) -> f64| {
            let weighted = parts.iter().map(|part| part.rows as f64 * value(part));
            weighted.sum::<f64>() / rows as f64
        };
        let mut mean = Vec::with_capacity(channels);
        let mut variance = Vec::with_capacity(channels);
        for channel in 0..channels {
            let centre = average(&|part| f64::from(part.mean[channel]));
            mean.push(centre as f32);
            let spread = average(&|part| {
                let distance = f64::from(part.mean[channel]) - centre;
                f64::from(part.variance[channel]) + distance * distance
            });
            variance.push(spread as f32);
        }
        Statistics {
            rows,
            mean,
            variance,
        }
    }
}

#[cfg(test)]
mod tests {
    use cadet_data::Rng;

    use super::*;

    fn image(rows: usize, seed: u64) -> Tensor<4> {
        let mut rng = Rng::new(seed, 0);
        let values: Vec<f32> = (0..rows * 2 * 3).map(|_| rng.range(-1.0, 3.0)).collect();
        Tensor::from_data(TensorData::new(values, [rows, 2, 3, 1]), &Device::flex())
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let norm = Norm::new(2, &Device::flex());
        let whole = image(7, 1);
        let (_, expected) = norm.forward_train(whole.clone());
        let parts = [whole.clone().narrow(0, 0, 5), whole.narrow(0, 5, 2)];
        let parts = parts.map(|part| norm.forward_train(part).1);
        let merged = Statistics::merge(&parts.each_ref());
        assert_eq!(merged.rows, 7);
        let pairs = [
            (&merged.mean, &expected.mean),
            (&merged.variance, &expected.variance),
        ];
        for (got, expected) in pairs.into_iter().flat_map(|(a, b)| a.iter().zip(b)) {
            assert!((got - expected).abs() < 1e-6, "{got} and {expected}");
        }
    }

    #[test]
    fn running_statistics_move_to_those_of_the_batches() {
        let mut norm = Norm::new(2, &Device::flex());
        let image = image(9, 2);
        let (expected, statistics) = norm.forward_train(image.clone());
        for _ in 0..200 {
            norm = norm.update(&statistics);
        }
        let error = (norm.forward(image) - expected).abs().max();
        assert!(error.into_scalar::<f32>() < 1e-4);
    }
}
