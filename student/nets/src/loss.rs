use std::fmt;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::NetsError;

/// What a network is fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Loss {
    /// Cross-entropy on labels.
    Labels,
    /// `T^2 * KL(softmax(teacher / T) || softmax(student / T))` on a teacher's logits, no labels
    /// (Hinton et al., 2015).
    Teacher {
        /// T, above 0.
        temperature: f32,
    },
    /// Both: `label_weight` of the first, the rest of the second.
    Mix {
        /// T, above 0.
        temperature: f32,
        /// Share of the label term, 0 to 1.
        label_weight: f32,
    },
}

/// One term: `weight * T^2 * KL(targets || softmax(logits / T))`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Term {
    temperature: f32,
    weight: f32,
    /// Probabilities, `[rows, classes]`.
    targets: Vec<f32>,
}

/// What the targets are made from.
pub(crate) struct Knowledge<'a> {
    pub(crate) labels: Option<&'a [usize]>,
    /// Logits, `[rows, classes]`.
    pub(crate) teacher: Option<&'a [f32]>,
    pub(crate) classes: usize,
}

impl Loss {
    /// Whether a teacher's logits are needed.
    pub fn needs_teacher(&self) -> bool {
        !matches!(self, Loss::Labels)
    }

    /// Whether labels are read.
    pub fn needs_labels(&self) -> bool {
        !matches!(self, Loss::Teacher { .. })
    }

    /// *Errors*: `Config` for a temperature or weight out of range.
    pub(crate) fn check(&self) -> Result<(), NetsError> {
        let (temperature, label_weight) = self.parts();
        let is_valid =
            temperature > 0.0 && temperature.is_finite() && (0.0..=1.0).contains(&label_weight);
        if is_valid {
            return Ok(());
        }
        Err(NetsError::Config {
            reason: format!(
                "the loss has temperature {temperature} and label weight {label_weight}; \
                 a temperature is above 0, a weight from 0 to 1"
            ),
        })
    }

    fn parts(&self) -> (f32, f32) {
        match *self {
            Loss::Labels => (1.0, 1.0),
            Loss::Teacher { temperature } => (temperature, 0.0),
            Loss::Mix {
                temperature,
                label_weight,
            } => (temperature, label_weight),
        }
    }

    /// The terms for some rows.
    pub(crate) fn terms(&self, rows: &[usize], knowledge: &Knowledge<'_>) -> Vec<Term> {
        let classes = knowledge.classes;
        let (temperature, label_weight) = self.parts();
        let mut terms = Vec::new();
        if let Some(labels) = knowledge.labels.filter(|_| self.needs_labels()) {
            let mut targets = vec![0.0; rows.len() * classes];
            for (target, &row) in targets.chunks_exact_mut(classes).zip(rows) {
                target[labels[row]] = 1.0;
            }
            terms.push(Term {
                temperature: 1.0,
                weight: label_weight,
                targets,
            });
        }
        if let Some(teacher) = knowledge.teacher.filter(|_| self.needs_teacher()) {
            let targets = rows
                .iter()
                .flat_map(|&row| softmax(&teacher[row * classes..(row + 1) * classes], temperature))
                .collect();
            terms.push(Term {
                temperature,
                weight: 1.0 - label_weight,
                targets,
            });
        }
        terms
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Loss::Labels => formatter.write_str("labels"),
            Loss::Teacher { temperature } => {
                write!(formatter, "teacher logits at temperature {temperature}")
            }
            Loss::Mix {
                temperature,
                label_weight,
            } => write!(
                formatter,
                "teacher logits at temperature {temperature} and labels with weight {label_weight}"
            ),
        }
    }
}

/// `softmax(logits / temperature)`.
pub(crate) fn softmax(logits: &[f32], temperature: f32) -> Vec<f32> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = logits
        .iter()
        .map(|logit| ((logit - largest) / temperature).exp())
        .collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Sum of the terms over the rows of `logits` (`[rows, classes]`), divided by `batch`: a replica
/// that holds part of a batch contributes its part of the mean.
pub(crate) fn total(terms: Vec<Term>, logits: &Tensor<2>, batch: usize) -> Tensor<1> {
    let device: Device = logits.device();
    let shape = logits.dims();
    let mut sum = Tensor::zeros([1], &device);
    for term in terms {
        let scale = term.weight * term.temperature * term.temperature / batch as f32;
        let entropy: f64 = term
            .targets
            .iter()
            .filter(|&&p| p > 0.0)
            .map(|&p| -f64::from(p) * f64::from(p).ln())
            .sum();
        let targets = Tensor::<2>::from_data(TensorData::new(term.targets, shape), &device);
        let log_probabilities = log_softmax(logits.clone().div_scalar(term.temperature), 1);
        let cross_entropy = (targets * log_probabilities).sum().neg();
        sum = sum + cross_entropy.sub_scalar(entropy).mul_scalar(scale);
    }
    sum
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    const TEACHER: [f32; 6] = [2.0, 0.0, -1.0, 0.0, 3.0, 1.0];

    fn value(loss: Loss, logits: [f32; 6]) -> f32 {
        let knowledge = Knowledge {
            labels: Some(&[0, 1]),
            teacher: Some(&TEACHER),
            classes: 3,
        };
        let data = TensorData::new(logits.to_vec(), [2, 3]);
        let logits = Tensor::from_data(data, &Device::flex());
        total(loss.terms(&[0, 1], &knowledge), &logits, 2).into_scalar()
    }

    #[test]
    fn a_student_equal_to_its_teacher_has_no_loss() {
        let loss = Loss::Teacher { temperature: 3.0 };
        assert!(value(loss, TEACHER).abs() < 1e-6);
        assert!(value(loss, [0.0; 6]) > 0.1);
    }

    #[test]
    fn label_loss_is_the_mean_negative_log_probability() {
        let expected = 3_f32.ln();
        assert!((value(Loss::Labels, [0.5; 6]) - expected).abs() < 1e-6);
    }

    #[test]
    fn a_mix_is_the_weighted_sum() {
        let logits = [0.3, -0.2, 0.9, 1.0, 0.0, -1.0];
        let temperature = 2.0;
        let mix = Loss::Mix {
            temperature,
            label_weight: 0.25,
        };
        let expected = 0.25 * value(Loss::Labels, logits)
            + 0.75 * value(Loss::Teacher { temperature }, logits);
        assert!((value(mix, logits) - expected).abs() < 1e-5);
    }

    #[test]
    fn parameters_out_of_range_are_refused() {
        assert!(Loss::Teacher { temperature: 0.0 }.check().is_err());
        assert!(Loss::Labels.check().is_ok());
    }
}
