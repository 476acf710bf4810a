//! Times of benchmarks over several rounds: gathered from criterion, kept in a file.

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Nanoseconds of each round, by the benchmark's id.
#[derive(Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Series(pub(super) BTreeMap<String, Vec<f64>>);

/// What criterion writes of a benchmark, as far as it is read.
#[derive(Deserialize)]
struct Benchmark {
    full_id: String,
}

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

impl Series {
    pub(super) fn read(path: &Path) -> Result<Series> {
        read(path)
    }

    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Adds a round: the medians of all benchmarks that criterion has left under `folder`.
    pub(super) fn add_round(&mut self, folder: &Path) -> Result<()> {
        let listing = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
        for entry in listing {
            let path = entry?.path();
            let estimates = path.join("estimates.json");
            if path.ends_with("new") && estimates.exists() {
                let benchmark: Benchmark = read(&path.join("benchmark.json"))?;
                let estimates: Estimates = read(&estimates)?;
                let rounds = self.0.entry(benchmark.full_id).or_default();
                rounds.push(estimates.median.point_estimate);
            } else if path.is_dir() {
                self.add_round(&path)?;
            }
        }
        Ok(())
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("no {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot use {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_of_criterion_are_gathered_and_kept() {
        let folder = std::env::temp_dir().join(format!("cadet-xtask-{}", std::process::id()));
        let new = folder.join("add_8x8x64/i8_avx2/new");
        fs::create_dir_all(&new).unwrap();
        fs::create_dir_all(new.with_file_name("report")).unwrap();
        let id = r#"{"group_id":"add/8x8x64","full_id":"add/8x8x64/i8/avx2"}"#;
        fs::write(new.join("benchmark.json"), id).unwrap();
        let mut series = Series::default();
        for median in [12.5, 13.0] {
            let text = format!(
                r#"{{"mean":{{"point_estimate":1}},"median":{{"point_estimate":{median}}}}}"#
            );
            fs::write(new.join("estimates.json"), text).unwrap();
            series.add_round(&folder).unwrap();
        }
        assert_eq!(series.0["add/8x8x64/i8/avx2"], [12.5, 13.0]);
        let file = folder.join("series.json");
        series.write(&file).unwrap();
        assert_eq!(Series::read(&file).unwrap(), series);
        fs::remove_dir_all(folder).unwrap();
    }
}
