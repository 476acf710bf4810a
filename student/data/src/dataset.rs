use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;

use sha2::{Digest, Sha256};

use crate::DataError;

/// SHA-256 of a row's bytes as its source stores them: splits are made by it, so that a row keeps
/// its set when the dataset grows and copies of a row never end up in two sets.
pub type RowId = [u8; 32];

/// What a dataset may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Gradients may see it.
    Train,
    /// Preference scores may be computed from it.
    Preference,
    /// Only for choices (the select set) and the final report (the test set).
    Eval,
}

impl fmt::Display for Use {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Use::Train => "train",
            Use::Preference => "preference",
            Use::Eval => "eval",
        })
    }
}

/// Rows of equal shape, with or without labels.
#[derive(Clone, Debug)]
pub struct Dataset {
    name: String,
    usage: Use,
    item_shape: Vec<usize>,
    inputs: Vec<f32>,
    labels: Option<Vec<usize>>,
    classes: Vec<String>,
    rows: Vec<RowId>,
}

impl Dataset {
    /// Puts a dataset together.
    ///
    /// *Shapes*: `inputs` is `[rows, item_shape..]`, row after row; `labels`, where known, index
    /// `classes`. *Errors*: `Mismatch` where the lengths or the labels do not fit.
    pub fn new(
        name: impl Into<String>,
        usage: Use,
        item_shape: Vec<usize>,
        inputs: Vec<f32>,
        labels: Option<Vec<usize>>,
        classes: Vec<String>,
        rows: Vec<RowId>,
    ) -> Result<Self, DataError> {
        let name = name.into();
        let item_len: usize = item_shape.iter().product();
        let mismatch = |reason| DataError::Mismatch {
            name: name.clone(),
            reason,
        };
        if inputs.len() != rows.len() * item_len {
            return Err(mismatch(format!(
                "{} values do not fill {} rows of shape {item_shape:?}",
                inputs.len(),
                rows.len()
            )));
        }
        if let Some(labels) = &labels {
            if labels.len() != rows.len() {
                return Err(mismatch(format!(
                    "{} labels for {} rows",
                    labels.len(),
                    rows.len()
                )));
            }
            if let Some(label) = labels.iter().find(|&&label| label >= classes.len()) {
                return Err(mismatch(format!(
                    "label {label} with only {} classes",
                    classes.len()
                )));
            }
        }
        Ok(Self {
            name,
            usage,
            item_shape,
            inputs,
            labels,
            classes,
            rows,
        })
    }

    /// Name for messages and reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the rows may be used for.
    pub fn usage(&self) -> Use {
        self.usage
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Shape of one row, `[c, h, w]` or `[n]`.
    pub fn item_shape(&self) -> &[usize] {
        &self.item_shape
    }

    /// Number of values in one row.
    pub fn item_len(&self) -> usize {
        self.item_shape.iter().product()
    }

    /// All values, row after row.
    pub fn inputs(&self) -> &[f32] {
        &self.inputs
    }

    /// Values of one row.
    pub fn item(&self, row: usize) -> &[f32] {
        let len = self.item_len();
        &self.inputs[row * len..(row + 1) * len]
    }

    /// Labels, where the source has them.
    pub fn labels(&self) -> Option<&[usize]> {
        self.labels.as_deref()
    }

    /// Names of the classes, by label.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Identities of the rows.
    pub fn row_ids(&self) -> &[RowId] {
        &self.rows
    }

    /// The rows as training may read them. *Errors*: `NotForTraining` unless marked
    /// [`Use::Train`].
    pub fn for_training(&self) -> Result<TrainRows<'_>, DataError> {
        match self.usage {
            Use::Train => Ok(TrainRows(self)),
            marked => Err(DataError::NotForTraining {
                name: self.name.clone(),
                marked,
            }),
        }
    }

    /// The rows at `indices`, in that order, under a name and use of their own.
    pub fn select(&self, name: impl Into<String>, usage: Use, indices: &[usize]) -> Self {
        Self {
            name: name.into(),
            usage,
            item_shape: self.item_shape.clone(),
            inputs: indices
                .iter()
                .flat_map(|&row| self.item(row))
                .copied()
                .collect(),
            labels: self
                .labels
                .as_ref()
                .map(|labels| indices.iter().map(|&row| labels[row]).collect()),
            classes: self.classes.clone(),
            rows: indices.iter().map(|&row| self.rows[row]).collect(),
        }
    }

    /// Number of rows that are copies of a row of `other`.
    pub fn rows_shared_with(&self, other: &Dataset) -> usize {
        let known: HashSet<_> = other.rows.iter().collect();
        self.rows.iter().filter(|row| known.contains(row)).count()
    }

    /// SHA-256 over shape, values and labels: equal for equal data, whatever it is called.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for &length in &self.item_shape {
            hash.update((length as u64).to_le_bytes());
        }
        for value in &self.inputs {
            hash.update(value.to_le_bytes());
        }
        for &label in self.labels.iter().flatten() {
            hash.update((label as u64).to_le_bytes());
        }
        hash.finalize().into()
    }
}

/// A dataset known to be marked for training.
#[derive(Clone, Copy, Debug)]
pub struct TrainRows<'a>(&'a Dataset);

impl Deref for TrainRows<'_> {
    type Target = Dataset;

    fn deref(&self) -> &Dataset {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_rows(usage: Use) -> Dataset {
        let classes = vec!["a".into(), "b".into()];
        let rows = vec![[0; 32], [1; 32]];
        let inputs = vec![1.0, 2.0, 3.0, 4.0];
        Dataset::new(
            "two",
            usage,
            vec![2],
            inputs,
            Some(vec![0, 1]),
            classes,
            rows,
        )
        .unwrap()
    }

    #[test]
    fn only_train_rows_reach_training() {
        assert!(two_rows(Use::Train).for_training().is_ok());
        for usage in [Use::Preference, Use::Eval] {
            let error = two_rows(usage).for_training().unwrap_err();
            assert!(matches!(error, DataError::NotForTraining { marked, .. } if marked == usage));
        }
    }

    #[test]
    fn parts_that_do_not_fit_are_refused() {
        let classes = || vec!["a".into()];
        let new = |inputs, labels, rows| {
            Dataset::new("bad", Use::Train, vec![2], inputs, labels, classes(), rows)
        };
        assert!(new(vec![0.0; 3], None, vec![[0; 32]]).is_err());
        assert!(new(vec![0.0; 2], Some(vec![0, 0]), vec![[0; 32]]).is_err());
        assert!(new(vec![0.0; 2], Some(vec![1]), vec![[0; 32]]).is_err());
    }

    #[test]
    fn selection_keeps_rows_together() {
        let part = two_rows(Use::Train).select("part", Use::Eval, &[1]);
        assert_eq!(part.inputs(), [3.0, 4.0]);
        assert_eq!(part.labels(), Some(&[1][..]));
        assert_eq!(part.row_ids(), [[1; 32]]);
        assert_eq!(part.rows_shared_with(&two_rows(Use::Train)), 1);
    }

    #[test]
    fn the_fingerprint_covers_values_and_labels() {
        let data = two_rows(Use::Train);
        assert_eq!(data.fingerprint(), two_rows(Use::Eval).fingerprint());
        let swapped = data.select("swapped", Use::Train, &[1, 0]);
        assert_ne!(data.fingerprint(), swapped.fingerprint());
    }
}
