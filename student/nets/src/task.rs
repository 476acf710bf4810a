use cadet_data::{Dataset, TrainRows};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Layers, Loss, NetsError};

/// Settings of a training run.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows a step.
    pub batch: usize,
    /// Peak learning rate of AdamW (Loshchilov and Hutter, 2019).
    pub learning_rate: f64,
    /// Weight decay of AdamW.
    #[serde(default)]
    pub weight_decay: f32,
    /// Share of all steps in which the learning rate rises; after it, a cosine to 0.
    #[serde(default)]
    pub warmup: f64,
    /// Each image moves by up to this many pixels down or up and right or left at random. A
    /// teacher's logits stay those of the image in its place.
    #[serde(default)]
    pub shift: [usize; 2],
    /// Stop after this many epochs without a better score on the select set.
    pub patience: Option<usize>,
    /// Threads, each with its own part of every batch. The result depends on it, since batch
    /// normalisation sees the parts.
    #[serde(default = "default_threads")]
    pub threads: usize,
}

fn default_threads() -> usize {
    2
}

/// What is fitted to what.
pub struct Task<'a> {
    /// The network.
    pub layers: Layers,
    /// What it is fitted to.
    pub loss: Loss,
    /// Rows that gradients see.
    pub train: TrainRows<'a>,
    /// Rows the best epoch is chosen by. The score is the share of rows whose largest logit is at
    /// the label, or, where the loss reads no labels, where the teacher has its largest.
    pub select: &'a Dataset,
    /// The teacher's logits for `train`, `[rows, classes]`.
    pub train_teacher: Option<&'a [f32]>,
    /// The teacher's logits for `select`, `[rows, classes]`.
    pub select_teacher: Option<&'a [f32]>,
    /// Seed of weights, batches and augmentation.
    pub seed: u64,
}

/// *Errors*: `Config` where the parts do not fit together.
pub(crate) fn check(task: &Task<'_>, config: &TrainConfig) -> Result<(), NetsError> {
    let refuse = |reason: String| Err(NetsError::Config { reason });
    task.loss.check()?;
    if config.epochs == 0 || config.batch == 0 {
        return refuse("`epochs` and `batch` must be at least 1".into());
    }
    if !(config.learning_rate > 0.0 && config.learning_rate.is_finite()) {
        return refuse("`learning_rate` must be above 0".into());
    }
    if !(0.0..1.0).contains(&config.warmup) {
        return refuse("`warmup` is a share of all steps, from 0 to below 1".into());
    }
    if config.shift != [0, 0] && task.layers.item_shape.len() != 3 {
        return refuse("`shift` needs images [c, h, w]".into());
    }
    let sets = [
        (&*task.train, task.train_teacher),
        (task.select, task.select_teacher),
    ];
    for (set, teacher) in sets {
        let name = set.name();
        if set.is_empty() || set.item_shape() != task.layers.item_shape {
            return refuse(format!(
                "`{name}` has {} rows of {:?}, the network takes {:?}",
                set.len(),
                set.item_shape(),
                task.layers.item_shape
            ));
        }
        if task.loss.needs_labels() && set.labels().is_none() {
            return refuse(format!("the loss needs labels, `{name}` has none"));
        }
        let logits = teacher.map_or(0, <[f32]>::len);
        if task.loss.needs_teacher() && logits != set.len() * task.layers.classes() {
            return refuse(format!(
                "the loss needs {} teacher logits for each of the {} rows of `{name}`, got {logits}",
                task.layers.classes(),
                set.len()
            ));
        }
    }
    Ok(())
}

/// Hash of everything that decides the result.
pub(crate) fn identity(task: &Task<'_>, config: &TrainConfig) -> String {
    let mut hash = Sha256::new();
    let settings = format!("{:?} {:?} {config:?} {}", task.layers, task.loss, task.seed);
    hash.update(settings);
    hash.update(task.train.fingerprint());
    hash.update(task.select.fingerprint());
    for logits in [task.train_teacher, task.select_teacher] {
        for logit in logits.into_iter().flatten() {
            hash.update(logit.to_le_bytes());
        }
    }
    hash.finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
