//! Mixed precision by search: the int8 model, then the layers with the most drift back in floats, one after
//! the other, until the model is good enough.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::compile::{Compiled, assemble, check_kept_float, optimised};
use crate::error::CompileError;
use crate::options::{Options, Precision};
use crate::quantise::{Calibrated, Drift, drift};
use crate::report::Report;

/// Memory that a package may take; `None` for any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// Bytes of the package.
    pub flash_bytes: Option<u64>,
    /// Bytes of arena and state.
    pub ram_bytes: Option<u64>,
}

impl Budget {
    /// Whether there is room for a model.
    pub fn holds(&self, report: &Report) -> bool {
        let is_within =
            |bytes: usize, limit: Option<u64>| limit.is_none_or(|it| bytes as u64 <= it);
        is_within(report.flash.total, self.flash_bytes)
            && is_within(report.arena_bytes + report.state_bytes, self.ram_bytes)
    }
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// The score that is good enough.
    pub floor: f64,
    /// What the package may take.
    pub budget: Budget,
}

/// A package that was tried.
#[derive(Clone, Debug, Serialize)]
pub struct Trial {
    /// The step that this one has in floats and the one before has not; `None` in the first.
    pub promoted: Option<String>,
    /// Bytes of the package.
    pub flash_bytes: usize,
    /// Bytes of arena and state.
    pub ram_bytes: usize,
    /// Its score; `None` where the budget does not hold it.
    pub score: Option<f64>,
}

/// What came of a search.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// The package with the highest score within the budget, the first of equals; `None` where not even the
    /// first trial was within.
    pub best: Option<Compiled>,
    /// Its score.
    pub score: f64,
    /// The steps that it keeps in floats.
    pub kept_float: BTreeSet<String>,
    /// Every trial in order.
    pub trials: Vec<Trial>,
    /// How far the steps of the first trial are from the float model.
    pub drift: Vec<Drift>,
}

/// Quantises a model to int8 and promotes its steps to floats, that with the most drift of its own first, until
/// `score`, of which more is better, reaches the floor or no step is left. A step for which the budget
/// has no room stays in int8. `watch` hears of every trial.
///
/// # Errors
/// As [`compile`](crate::compile), where the precision in `options` is not int8, and what `score` returns.
pub fn promote<E: From<CompileError>>(
    onnx: &[u8],
    options: &Options,
    goal: &Goal,
    mut score: impl FnMut(&Compiled) -> Result<f64, E>,
    mut watch: impl FnMut(&Trial),
) -> Result<Promotion, E> {
    let Precision::Int8(calibration) = &options.precision else {
        return Err(E::from(CompileError::Option {
            option: "precision",
            reason: "promotion starts from int8".into(),
        }));
    };
    if options.stream.is_some() {
        return Err(E::from(CompileError::Option {
            option: "stream",
            reason: "a search measures whole windows: search without, then name the steps to keep in floats".into(),
        }));
    }
    let graph = optimised(onnx, options, None)?;
    check_kept_float(&graph, options)?;
    let calibrated = Calibrated::new(graph, calibration, options)?;
    let drift = drift(&calibrated, &calibration.samples, options)?;
    let mut candidates: Vec<&Drift> = drift.iter().filter(|step| !step.is_float).collect();
    candidates.sort_by(|a, b| b.own.total_cmp(&a.own));

    let mut promotion = Promotion {
        best: None,
        score: f64::NEG_INFINITY,
        kept_float: options.kept_float.clone(),
        trials: Vec::new(),
        drift: drift.clone(),
    };
    let mut options = options.clone();
    let steps = candidates.into_iter().map(|step| step.step.clone());
    for promoted in std::iter::once(None).chain(steps.map(Some)) {
        let before = options.kept_float.clone();
        options.kept_float.extend(promoted.clone());
        let compiled = assemble(onnx, calibrated.quantised(&options)?, &options)?;
        let is_within = goal.budget.holds(&compiled.report);
        let trial = Trial {
            flash_bytes: compiled.report.flash.total,
            ram_bytes: compiled.report.arena_bytes + compiled.report.state_bytes,
            score: is_within.then(|| score(&compiled)).transpose()?,
            promoted,
        };
        watch(&trial);
        let reached = trial.score;
        promotion.trials.push(trial);
        match reached {
            None if promotion.best.is_none() => break,
            None => options.kept_float = before,
            Some(score) if score > promotion.score => {
                promotion.score = score;
                promotion.best = Some(compiled);
                promotion.kept_float = options.kept_float.clone();
            }
            Some(_) => {}
        }
        if promotion.score >= goal.floor {
            break;
        }
    }
    Ok(promotion)
}
