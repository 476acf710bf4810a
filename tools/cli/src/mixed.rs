//! `--mixed`: steps of an int8 model that cost less in floats, by the figures of the target.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use cadet_compiler::{Options, Precision, Report, compile, fit};
use cadet_flash::{CostTable, Unit};
use serde::Serialize;

use crate::on_board::foretell;
use crate::output::{print_line, thousands};

/// Which share of the whole has to be saved before steps are replaced: less is within what figures are off by, and no reason
/// to change the numbers of a model.
const LEAST_GAIN: f64 = 0.01;

/// What the target's figures say of a model in int8, step by step. Channels that samples show constant are cut only from
/// what is foretold of the whole where steps are to be replaced.
#[derive(Debug, Serialize)]
pub(crate) struct Mixed {
    unit: Unit,
    /// Cost of an inference all in int8; `None` where a kernel has no figures.
    int8: Option<u64>,
    /// All in floats; `None` where a kernel has no figures.
    float: Option<u64>,
    /// With the steps in floats that are replaced; conversions are counted. `None` where none was to be chosen.
    chosen: Option<u64>,
    losing: Vec<Losing>,
}

/// A step that costs more in int8 than in floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Losing {
    step: String,
    int8: u64,
    float: u64,
    /// In floats in the package, where that saves enough with all conversions.
    is_replaced: bool,
}

impl Mixed {
    /// Weighs the steps of a model that is to be quantised, and, where `replaces`, chooses which stay in floats.
    ///
    /// # Errors
    /// Those of the compiler; where steps are to be replaced, that a kernel has no figures.
    pub(crate) fn weigh(
        model: &[u8],
        options: &Options,
        costs: &CostTable,
        replaces: bool,
    ) -> Result<Mixed> {
        let int8 = fit(model, options)?;
        let float = Options {
            precision: Precision::F32,
            ..options.clone()
        };
        let float = fit(model, &float)?;
        let mut losing = losing(&int8, &float, costs);
        let whole = foretell(&int8, costs);
        let mut mixed = Mixed {
            unit: costs.unit,
            int8: whole.cost(),
            float: foretell(&float, costs).cost(),
            chosen: None,
            losing: Vec::new(),
        };
        if replaces {
            let Some(all_int8) = mixed.int8 else {
                bail!(
                    "--mixed cannot choose: the target has no figures for {}",
                    whole.unknown_kernels.join(", ")
                );
            };
            let candidates: Vec<String> = losing.iter().map(|it| it.step.clone()).collect();
            let cost = |kept: &BTreeSet<String>| {
                let mut options = options.clone();
                options.kept_float.extend(kept.iter().cloned());
                // A step of the compiler's own cannot be named.
                let report = fit(model, &options).ok()?;
                foretell(&report, costs).cost()
            };
            let (kept, _) = cheapest(&candidates, all_int8, cost);
            // Integers can have constant channels that floats lack: what is chosen has to pay in the packages too.
            let of_package = |kept: &BTreeSet<String>| -> Result<Option<u64>> {
                let mut options = options.clone();
                options.kept_float.extend(kept.iter().cloned());
                let compiled = compile(model, &options)?;
                Ok(foretell(&compiled.report, costs).cost())
            };
            mixed.int8 = of_package(&BTreeSet::new())?;
            let chosen = of_package(&kept)?;
            let most = mixed.int8.map(|it| (1.0 - LEAST_GAIN) * it as f64);
            let pays = chosen.zip(most).is_some_and(|(it, most)| it as f64 <= most);
            mixed.chosen = if pays { chosen } else { mixed.int8 };
            for step in &mut losing {
                step.is_replaced = pays && kept.contains(&step.step);
            }
        }
        mixed.losing = losing;
        Ok(mixed)
    }

    /// Names of the steps that are to stay in floats.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = String> {
        let replaced = self.losing.iter().filter(|it| it.is_replaced);
        replaced.map(|it| it.step.clone())
    }

    pub(crate) fn print(&self) -> Result<()> {
        let unit = self.unit.name();
        for step in &self.losing {
            print_line(&format!(
                "int8   {}: foretold {} {unit} in int8, {} in floats{}",
                step.step,
                thousands(step.int8),
                thousands(step.float),
                if step.is_replaced {
                    ", which it stays in"
                } else {
                    ""
                }
            ))?;
        }
        match (self.int8, self.chosen) {
            (Some(int8), Some(chosen)) if chosen < int8 => print_line(&format!(
                "mixed  {} {unit} foretold with these in floats and their conversions, {} all in int8",
                thousands(chosen),
                thousands(int8)
            )),
            (Some(_), Some(_)) if !self.losing.is_empty() => print_line(&format!(
                "mixed  all stays in int8: with conversions, none of these in floats save {:.0} % of it",
                LEAST_GAIN * 100.0
            )),
            (Some(int8), None) if !self.losing.is_empty() => {
                let saved: u64 = self.losing.iter().map(|it| it.int8 - it.float).sum();
                print_line(&format!(
                    "mixed  these in floats save {:.1} % before conversions, which `cadet pack --mixed` counts",
                    saved as f64 / int8 as f64 * 100.0
                ))
            }
            _ => Ok(()),
        }?;
        match (self.float, self.chosen.or(self.int8)) {
            (Some(float), Some(cost)) if float < cost => print_line(&format!(
                "floats {} {unit} foretold for the model all in floats, which is less",
                thousands(float)
            )),
            _ => Ok(()),
        }
    }
}

/// The steps of both reports, by name, that cost more in int8.
fn losing(int8: &Report, float: &Report, costs: &CostTable) -> Vec<Losing> {
    let [of_int8, of_float] = [int8, float].map(|report| foretell(report, costs).steps);
    let mut losing = Vec::new();
    for (step, cost) in int8.steps.iter().zip(of_int8) {
        let place = float.steps.iter().position(|it| it.name == step.name);
        let (Some(place), Some(cost)) = (place, cost) else {
            continue;
        };
        let is_same = float.steps[place].kernel == step.kernel;
        match of_float.get(place).copied().flatten() {
            Some(in_floats) if cost > in_floats && !is_same => losing.push(Losing {
                step: step.name.clone(),
                int8: cost,
                float: in_floats,
                is_replaced: false,
            }),
            _ => {}
        }
    }
    losing
}

/// Which of the candidates to keep in floats, and what the whole costs then: as many as pay one after the other, or all
/// but those without which it costs no more; what costs less of both.
fn cheapest(
    candidates: &[String],
    none: u64,
    cost: impl Fn(&BTreeSet<String>) -> Option<u64>,
) -> (BTreeSet<String>, u64) {
    let (mut some, mut of_some) = (BTreeSet::new(), none);
    for candidate in candidates {
        let mut more = some.clone();
        more.insert(candidate.clone());
        if let Some(less) = cost(&more).filter(|it| *it < of_some) {
            (some, of_some) = (more, less);
        }
    }
    let mut most: BTreeSet<String> = candidates.iter().cloned().collect();
    let Some(mut of_most) = cost(&most) else {
        return (some, of_some);
    };
    for candidate in candidates {
        let mut fewer = most.clone();
        fewer.remove(candidate);
        if let Some(less) = cost(&fewer).filter(|it| *it <= of_most) {
            (most, of_most) = (fewer, less);
        }
    }
    if of_most < of_some {
        (most, of_most)
    } else {
        (some, of_some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(letters: &str) -> Vec<String> {
        letters.chars().map(String::from).collect()
    }

    /// Ten in int8 and five in floats each, a conversion of `conversion` wherever neighbours differ, at the ends too.
    fn chain(conversion: u64) -> impl Fn(&BTreeSet<String>) -> Option<u64> {
        move |kept| {
            let steps = names("abcd");
            let floats = steps.iter().map(|it| kept.contains(it));
            let (mut cost, mut last) = (0, false);
            for is_float in floats.chain([false]) {
                cost += if is_float { 5 } else { 10 };
                cost += if is_float != last { conversion } else { 0 };
                last = is_float;
            }
            Some(cost)
        }
    }

    #[test]
    fn steps_go_to_floats_where_that_saves_more_than_their_conversions_cost() {
        // One alone pays; neighbours pay together only; nothing pays.
        for (conversion, kept) in [(2, "bc"), (4, "bc"), (6, "")] {
            let (found, cost) = cheapest(&names("bc"), 50, chain(conversion));
            assert_eq!(found.into_iter().collect::<Vec<_>>(), names(kept));
            let wanted = chain(conversion)(&names(kept).into_iter().collect());
            assert_eq!(Some(cost), wanted);
        }
    }

    #[test]
    fn what_cannot_be_kept_is_left() {
        let cost =
            |kept: &BTreeSet<String>| (!kept.contains("b")).then_some(50 - kept.len() as u64);
        let (kept, cost) = cheapest(&names("abc"), 50, cost);
        assert_eq!((kept.into_iter().collect(), cost), (names("ac"), 48));
    }
}
