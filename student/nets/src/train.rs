use std::ops::ControlFlow;
use std::path::Path;

use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Bytes, Device, Tensor, TensorData};
use cadet_data::Rng;
use serde::{Deserialize, Serialize};

use crate::augment::push_shifted;
use crate::checkpoint::{Checkpoint, State};
use crate::loss::{Knowledge, total};
use crate::model::load;
use crate::net::Net;
use crate::norm::Statistics;
use crate::replicas::Replicas;
use crate::schedule::warmup_cosine;
use crate::score::{Score, score};
use crate::task::{check, identity};
use crate::{Model, NetsError, Task, TrainConfig};

/// What an epoch came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochSummary {
    /// Counted from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub train_loss: f32,
    /// Share of the select set that is right (see [`Task::select`]).
    pub select_score: f32,
    /// Mean loss on the select set.
    pub select_loss: f32,
}

/// Where training stands, told after every step.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress<'a> {
    /// Counted from 1.
    pub epoch: usize,
    /// Of so many.
    pub epochs: usize,
    /// Steps done in this epoch.
    pub step: usize,
    /// Steps in an epoch.
    pub steps: usize,
    /// Mean training loss of this epoch so far.
    pub loss: f32,
    /// Full epochs so far.
    pub history: &'a [EpochSummary],
}

/// A trained model and how it came about.
#[derive(Debug)]
pub struct Trained {
    /// Weights of the best epoch.
    pub model: Model,
    /// All epochs.
    pub history: Vec<EpochSummary>,
    /// Index of the best in `history`.
    pub best: usize,
}

/// Trains, or goes on where `checkpoint` stands: a run that was killed and started again gives
/// the same weights as one that was not. A finished checkpoint gives its model at once.
///
/// `on_progress` is called after every step; `Break` ends the run with `Interrupted`.
///
/// *Errors*: `Config` and `Data` for a task that does not fit together, `Checkpoint`,
/// `Interrupted`, `Diverged`.
pub fn train(
    task: &Task<'_>,
    config: &TrainConfig,
    checkpoint: Option<&Path>,
    on_progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
) -> Result<Trained, NetsError> {
    check(task, config)?;
    let identity = identity(task, config);
    let saved = match checkpoint {
        Some(path) => Checkpoint::load(path, &identity)?,
        None => None,
    };
    let mut run = Run::new(task, config, identity, saved)
        .map_err(|reason| checkpoint_error("read", checkpoint, reason))?;
    while !run.state.done {
        run.epoch(on_progress)?;
        if let Some(path) = checkpoint {
            run.checkpoint()
                .map_err(|reason| checkpoint_error("write", checkpoint, reason))?
                .save(path)?;
        }
    }
    let model = Model::from_bytes(&task.layers, run.best)
        .map_err(|reason| checkpoint_error("read", checkpoint, reason))?;
    Ok(Trained {
        model,
        history: run.state.history,
        best: run.state.best,
    })
}

fn checkpoint_error(action: &'static str, path: Option<&Path>, reason: String) -> NetsError {
    NetsError::Checkpoint {
        action,
        path: path.unwrap_or(Path::new("(in memory)")).into(),
        reason,
    }
}

/// A run between two epochs.
struct Run<'a> {
    task: &'a Task<'a>,
    config: &'a TrainConfig,
    replicas: Replicas,
    net: Net,
    optimizer: ModuleOptimizer,
    state: State,
    best: Vec<u8>,
}

/// What the rows of one replica contribute to a step.
struct Part {
    /// Their share of the mean loss.
    loss: f32,
    gradients: GradientsParams,
    /// Of their batch normalisations.
    statistics: Vec<Statistics>,
}

impl<'a> Run<'a> {
    fn new(
        task: &'a Task<'a>,
        config: &'a TrainConfig,
        identity: String,
        saved: Option<Checkpoint>,
    ) -> Result<Self, String> {
        let device = Device::flex().autodiff();
        let mut run = Self {
            task,
            config,
            replicas: Replicas::new(config.threads),
            net: Net::new(&task.layers, task.seed, &device),
            // burn's defaults differ from everybody else's.
            optimizer: AdamWConfig::new()
                .with_epsilon(1e-8)
                .with_weight_decay(config.weight_decay)
                .init(),
            state: State {
                task: identity,
                done: false,
                history: Vec::new(),
                best: 0,
            },
            best: Vec::new(),
        };
        if let Some(saved) = saved {
            run.net = load(run.net, saved.net)?;
            run.optimizer = run
                .optimizer
                .from_bytes(Bytes::from_bytes_vec(saved.optimizer))
                .map_err(|error| error.to_string())?;
            run.state = saved.state;
            run.best = saved.best;
        }
        Ok(run)
    }

    fn checkpoint(&self) -> Result<Checkpoint, String> {
        let optimizer = self.optimizer.into_bytes();
        Ok(Checkpoint {
            state: self.state.clone(),
            net: self.model().to_bytes()?,
            optimizer: optimizer.map_err(|error| error.to_string())?.to_vec(),
            best: self.best.clone(),
        })
    }

    fn model(&self) -> Model {
        Model {
            layers: self.task.layers.clone(),
            net: self.net.valid(),
        }
    }

    fn epoch(
        &mut self,
        on_progress: &mut dyn FnMut(&Progress<'_>) -> ControlFlow<()>,
    ) -> Result<(), NetsError> {
        let done = self.state.history.len();
        let mut rng = Rng::new(self.task.seed, 1 + done as u64);
        let mut rows: Vec<usize> = (0..self.task.train.len()).collect();
        rng.shuffle(&mut rows);
        let batches: Vec<&[usize]> = rows.chunks(self.config.batch).collect();
        let steps = batches.len();
        let mut loss_sum = 0.0;
        for (step, batch) in batches.into_iter().enumerate() {
            let factor = warmup_cosine(
                done * steps + step,
                self.config.epochs * steps,
                self.config.warmup,
            );
            let loss = self.step(batch, &mut rng, self.config.learning_rate * factor);
            if !loss.is_finite() {
                let epoch = done + 1;
                return Err(NetsError::Diverged { epoch, loss });
            }
            loss_sum += loss;
            let progress = Progress {
                epoch: done + 1,
                epochs: self.config.epochs,
                step: step + 1,
                steps,
                loss: loss_sum / (step + 1) as f32,
                history: &self.state.history,
            };
            if on_progress(&progress).is_break() {
                return Err(NetsError::Interrupted);
            }
        }
        self.finish_epoch(loss_sum / steps as f32)
    }

    /// One step of the optimiser; returns the loss of the batch before it.
    fn step(&mut self, batch: &[usize], rng: &mut Rng, learning_rate: f64) -> f32 {
        let [down, right] = self.config.shift.map(|pixels| pixels as isize);
        let mut offset = |limit: isize| rng.below(2 * limit as usize + 1) as isize - limit;
        let moved: Vec<_> = batch
            .iter()
            .map(|&row| (row, offset(down), offset(right)))
            .collect();
        let net = &self.net;
        let parts = self
            .replicas
            .run(&moved, |part| self.part(net.clone(), part, batch.len()));
        let mut sum = GradientsAccumulator::new();
        let mut loss = 0.0;
        let mut statistics = Vec::with_capacity(parts.len());
        for part in parts {
            loss += part.loss;
            sum.accumulate(&self.net, part.gradients);
            statistics.push(part.statistics);
        }
        self.net = self
            .optimizer
            .step(learning_rate, self.net.clone(), sum.grads())
            .update_statistics(&statistics);
        loss
    }

    /// What some rows, each `(row, down, right)`, contribute to a batch.
    fn part(&self, net: Net, rows: &[(usize, isize, isize)], batch: usize) -> Part {
        let device = Device::flex().autodiff();
        // Leaves of its own, so that the graphs of two replicas never meet.
        let net = net.fork(&device);
        let layers = &self.task.layers;
        let item_len = self.task.train.item_len();
        let mut items = Vec::with_capacity(rows.len() * item_len);
        for &(row, down, right) in rows {
            let item = self.task.train.item(row);
            match <[usize; 3]>::try_from(&layers.item_shape[..]) {
                Ok(shape) if (down, right) != (0, 0) => {
                    push_shifted(item, shape, down, right, &mut items);
                }
                _ => items.extend(item),
            }
        }
        let data = TensorData::new(items, [rows.len(), item_len]);
        let (logits, statistics) = net.forward_train(layers, Tensor::from_data(data, &device));
        let indices: Vec<usize> = rows.iter().map(|&(row, ..)| row).collect();
        let knowledge = Knowledge {
            labels: self.task.train.labels(),
            teacher: self.task.train_teacher,
            classes: layers.classes(),
        };
        let loss = total(self.task.loss.terms(&indices, &knowledge), &logits, batch);
        Part {
            loss: loss.clone().into_scalar(),
            gradients: GradientsParams::from_grads(loss.backward(), &net),
            statistics,
        }
    }

    fn finish_epoch(&mut self, train_loss: f32) -> Result<(), NetsError> {
        let model = self.model();
        let logits = model.predict_on(&self.replicas, self.task.select.inputs());
        let knowledge = Knowledge {
            labels: self.task.select.labels(),
            teacher: self.task.select_teacher,
            classes: self.task.layers.classes(),
        };
        let Score { accuracy, loss } = score(&self.task.loss, &logits, &knowledge);
        let epoch = self.state.history.len() + 1;
        self.state.history.push(EpochSummary {
            epoch,
            train_loss,
            select_score: accuracy,
            select_loss: loss,
        });
        let best = &self.state.history[self.state.best];
        let is_better = epoch == 1
            || accuracy > best.select_score
            || (accuracy == best.select_score && loss < best.select_loss);
        if is_better {
            self.state.best = epoch - 1;
            self.best = model
                .to_bytes()
                .map_err(|reason| NetsError::Config { reason })?;
        }
        let since_best = epoch - 1 - self.state.best;
        self.state.done = epoch == self.config.epochs
            || self
                .config
                .patience
                .is_some_and(|patience| since_best >= patience);
        Ok(())
    }
}
