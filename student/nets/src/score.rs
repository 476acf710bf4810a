use burn::tensor::{Device, Tensor, TensorData};

use crate::Loss;
use crate::loss::{Knowledge, total};

/// How good logits are on the select set.
pub(crate) struct Score {
    pub(crate) accuracy: f32,
    pub(crate) loss: f32,
}

/// Compares logits `[rows, classes]` with labels where `loss` reads them, else with the teacher.
pub(crate) fn score(loss: &Loss, logits: &[f32], knowledge: &Knowledge<'_>) -> Score {
    let classes = knowledge.classes;
    let rows: Vec<usize> = (0..logits.len() / classes).collect();
    let expected = |row: usize| match (loss.needs_labels(), knowledge.labels, knowledge.teacher) {
        (true, Some(labels), _) => labels[row],
        (_, _, Some(teacher)) => predicted_class(&teacher[row * classes..(row + 1) * classes]),
        _ => unreachable!("the task was checked to have what its loss reads"),
    };
    let right = rows
        .iter()
        .filter(|&&row| {
            predicted_class(&logits[row * classes..(row + 1) * classes]) == expected(row)
        })
        .count();
    let data = TensorData::new(logits.to_vec(), [rows.len(), classes]);
    let tensor = Tensor::from_data(data, &Device::flex());
    let total = total(loss.terms(&rows, knowledge), &tensor, rows.len());
    Score {
        accuracy: right as f32 / rows.len() as f32,
        loss: total.into_scalar(),
    }
}

/// Class that a row of logits stands for: the largest, of equal ones the first.
pub fn predicted_class(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = class;
        }
    }
    best
}
