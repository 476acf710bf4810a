//! `--floor` and `--budget`: as many layers in floats as it takes to be good enough, within a budget.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use cadet_compiler::{Budget, Compiled, Drift, Goal, Options, Precision, Trial, compile, promote};
use clap::Args;
use serde::Serialize;

use crate::evaluation::{agreement, decisions, refuse_shared_rows};
use crate::output::{print_line, table, thousands};
use crate::samples;

/// A floor under the quality of an int8 model.
#[derive(Args)]
pub(crate) struct PromotionArgs {
    /// Keep layers in floats, that with the most drift first, until the model reaches this on --eval: acc=0.90
    /// of the decisions right, or agree=0.98 of them those of the float model. Where it does not, the best package is
    /// kept with the ending `.below-floor.cadet`, unsigned, and the exit code is 1
    #[arg(long, value_name = "METRIC=SHARE", requires_all = ["calib", "eval"])]
    floor: Option<Floor>,
    /// What the package may take, as flash=64k,ram=24k (arena and state); k is 1024 bytes, M 1024 k. A layer for which
    /// there is no room stays in int8
    #[arg(long, requires = "floor", value_parser = parse_budget)]
    budget: Option<Budget>,
    /// Samples to measure on, in the form of --calib; one that --calib has too is an error
    #[arg(long, requires = "floor")]
    eval: Option<PathBuf>,
    /// The classes of the samples in --eval, counted from 0, for acc: .npy of integers, or text with one a line
    #[arg(long, requires = "eval")]
    eval_classes: Option<PathBuf>,
}

/// The least share of good decisions.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Floor {
    metric: Metric,
    share: f64,
}

/// Which decisions are good.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Metric {
    /// Those that are right.
    Accuracy,
    /// Those of the float model.
    Agreement,
}

impl Metric {
    fn name(self) -> &'static str {
        match self {
            Metric::Accuracy => "acc",
            Metric::Agreement => "agree",
        }
    }
}

impl FromStr for Floor {
    type Err = String;

    fn from_str(text: &str) -> Result<Floor, String> {
        let help = "write acc=0.90 or agree=0.98";
        let (metric, share) = text.split_once('=').ok_or(help)?;
        let metric = match metric {
            "acc" => Metric::Accuracy,
            "agree" => Metric::Agreement,
            _ => return Err(help.into()),
        };
        match share.parse() {
            Ok(share) if (0.0..=1.0).contains(&share) => Ok(Floor { metric, share }),
            _ => Err(help.into()),
        }
    }
}

fn parse_budget(text: &str) -> Result<Budget, String> {
    let help = || "write flash=64k,ram=24k".to_owned();
    let mut budget = Budget::default();
    for part in text.split(',') {
        let (kind, size) = part.split_once('=').ok_or_else(help)?;
        let (digits, unit) = match size.strip_suffix(['k', 'M']) {
            Some(digits) if size.ends_with('k') => (digits, 1 << 10),
            Some(digits) => (digits, 1 << 20),
            None => (size, 1),
        };
        let bytes = digits.parse::<u64>().ok();
        let bytes = bytes
            .and_then(|count| count.checked_mul(unit))
            .ok_or_else(help)?;
        let place = match kind {
            "flash" => &mut budget.flash_bytes,
            "ram" => &mut budget.ram_bytes,
            _ => return Err(help()),
        };
        *place = Some(bytes);
    }
    Ok(budget)
}

/// What a search found.
#[derive(Serialize)]
pub(crate) struct Search {
    metric: &'static str,
    floor: f64,
    /// Rows that were measured on.
    rows: usize,
    /// What the float model reaches.
    float: f64,
    /// What the package reaches.
    reached: f64,
    /// Steps of the package that were promoted, and those that were to stay in floats anyway.
    kept_float: Vec<String>,
    trials: Vec<Trial>,
    drift: Vec<Drift>,
}

impl PromotionArgs {
    /// Whether there is a floor.
    pub(crate) fn is_wanted(&self) -> bool {
        self.floor.is_some()
    }

    /// Searches for the best package of a model; `None` where there is no floor.
    pub(crate) fn search(
        &self,
        model: &[u8],
        options: &Options,
    ) -> Option<Result<(Compiled, Search)>> {
        let (floor, eval) = (self.floor?, self.eval.as_ref()?);
        Some(self.search_for(floor, eval, model, options))
    }

    fn search_for(
        &self,
        floor: Floor,
        eval: &Path,
        model: &[u8],
        options: &Options,
    ) -> Result<(Compiled, Search)> {
        let Precision::Int8(calibration) = &options.precision else {
            bail!("--floor needs --calib");
        };
        let length = calibration.samples.first().map_or(0, Vec::len);
        let rows = samples::read(eval, length)?;
        refuse_shared_rows(&calibration.samples, &rows)?;
        let float = compile(
            model,
            &Options {
                precision: Precision::F32,
                ..options.clone()
            },
        )?;
        let float_decisions = decisions(&float, &rows)?;
        let good = match (floor.metric, &self.eval_classes) {
            (Metric::Agreement, _) => float_decisions.clone(),
            (Metric::Accuracy, None) => bail!("acc needs --eval-classes; agree does not"),
            (Metric::Accuracy, Some(path)) => {
                let classes = samples::read_classes(path)?;
                if classes.len() != rows.len() {
                    bail!(
                        "{} classes for {} rows of --eval",
                        classes.len(),
                        rows.len()
                    );
                }
                classes
            }
        };
        let name = floor.metric.name();
        let float = agreement(&float_decisions, &good);
        eprintln!("f32: {name} {float:.4} on {} rows", rows.len());
        let goal = Goal {
            floor: floor.share,
            budget: self.budget.unwrap_or_default(),
        };
        let score = |compiled: &Compiled| -> Result<f64> {
            Ok(agreement(&decisions(compiled, &rows)?, &good))
        };
        let found = promote(model, options, &goal, score, |trial| tell(trial, name))?;
        let search = Search {
            metric: name,
            floor: floor.share,
            rows: rows.len(),
            float,
            reached: found.score,
            kept_float: found.kept_float.into_iter().collect(),
            trials: found.trials,
            drift: found.drift,
        };
        let compiled = found.best.with_context(|| {
            let trial = search.trials.first();
            let bytes = |of: fn(&Trial) -> usize| thousands(trial.map_or(0, of) as u64);
            format!(
                "the int8 package takes {} bytes of flash and {} of RAM, more than the budget",
                bytes(|trial| trial.flash_bytes),
                bytes(|trial| trial.ram_bytes)
            )
        })?;
        Ok((compiled, search))
    }
}

impl Search {
    /// Whether the package is as good as was asked for.
    pub(crate) fn is_reached(&self) -> bool {
        self.reached >= self.floor
    }

    /// What came of it, in a line.
    pub(crate) fn verdict(&self) -> String {
        let Search {
            metric,
            floor,
            reached,
            float,
            rows,
            ..
        } = self;
        let verdict = match self.is_reached() {
            true => format!("the floor {metric}={floor} is reached"),
            false => format!("the floor {metric}={floor} is missed"),
        };
        let kept = match self.kept_float.is_empty() {
            true => "no layer in floats".into(),
            false => format!("in floats: {}", self.kept_float.join(", ")),
        };
        format!(
            "{verdict}: the best package has {reached:.4} on {rows} rows (f32 {float:.4}), {kept}"
        )
    }

    /// Prints the drift of each step and what came of the search.
    pub(crate) fn print(&self) -> Result<()> {
        let percent = |share: f64| format!("{:.2}", 100.0 * share);
        let rows = self.drift.iter().map(|step| {
            vec![
                step.step.clone(),
                step.op.to_owned(),
                percent(step.own),
                percent(step.total),
            ]
        });
        let headings = ["node", "op", ">own drift %", ">total drift %"];
        print_line(&format!("\n{}\n", table(&headings, rows)))?;
        print_line(&self.verdict())
    }
}

/// Tells of a trial on standard error.
fn tell(trial: &Trial, metric: &str) {
    let what = trial.promoted.as_ref();
    let what = what.map_or("int8".into(), |step| format!("+ {step} in floats"));
    let sizes = format!(
        "flash {}, RAM {}",
        thousands(trial.flash_bytes as u64),
        thousands(trial.ram_bytes as u64)
    );
    match trial.score {
        Some(score) => eprintln!("{what}: {metric} {score:.4}, {sizes}"),
        None => eprintln!("{what}: over the budget, {sizes}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_and_budgets_are_read() {
        let floor = |metric, share| Ok(Floor { metric, share });
        assert_eq!("acc=0.9".parse(), floor(Metric::Accuracy, 0.9));
        assert_eq!("agree=1".parse(), floor(Metric::Agreement, 1.0));
        for bad in ["0.9", "acc=", "acc=90", "f1=0.5", "acc=-0.1"] {
            assert!(bad.parse::<Floor>().is_err(), "{bad}");
        }
        let budget = parse_budget("flash=64k,ram=24000").unwrap();
        assert_eq!(budget.flash_bytes, Some(65_536));
        assert_eq!(budget.ram_bytes, Some(24_000));
        assert_eq!(parse_budget("ram=1M").unwrap().ram_bytes, Some(1 << 20));
        for bad in ["64k", "flash=", "rom=1", "flash=1G", "flash=1k,"] {
            assert!(parse_budget(bad).is_err(), "{bad}");
        }
    }
}
