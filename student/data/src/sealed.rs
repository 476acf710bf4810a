use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::{DataError, Dataset, IdxConfig, SyntheticConfig};

/// A test set that nobody has read yet. Opening it writes a line to an append-only log, so that a
/// report can say how often its test set was looked at.
#[derive(Clone, Debug)]
pub struct SealedTest {
    name: String,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Idx(IdxConfig),
    Synthetic(SyntheticConfig),
}

impl SealedTest {
    /// The test files of an IDX source.
    pub fn idx(name: &str, config: &IdxConfig) -> Self {
        Self {
            name: format!("{name}/test"),
            source: Source::Idx(config.clone()),
        }
    }

    /// The test rows of a synthetic source.
    pub fn synthetic(name: &str, config: &SyntheticConfig) -> Self {
        Self {
            name: format!("{name}/test"),
            source: Source::Synthetic(config.clone()),
        }
    }

    /// Reads the test rows for `reader` (the configuration to be reported on) and logs it.
    ///
    /// Returns the rows and how often `reader` has read them, this time included.
    pub fn open(&self, log: &Path, reader: &str) -> Result<(Dataset, usize), DataError> {
        let data = match &self.source {
            Source::Idx(config) => config.load_test(&self.name)?,
            Source::Synthetic(config) => config.generate_test(&self.name),
        };
        let readings = record_reading(log, &self.name, reader).map_err(|source| DataError::Io {
            action: "log the reading of the test set in",
            path: log.into(),
            source,
        })?;
        Ok((data, readings))
    }
}

fn record_reading(log: &Path, dataset: &str, reader: &str) -> std::io::Result<usize> {
    let unix_seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let entry = json!({ "unix_seconds": unix_seconds, "dataset": dataset, "reader": reader });
    let mut file = OpenOptions::new().create(true).append(true).open(log)?;
    file.write_all(format!("{entry}\n").as_bytes())?;
    file.sync_all()?;
    let readings = fs::read_to_string(log)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|entry| entry["dataset"] == dataset && entry["reader"] == reader)
        .count();
    Ok(readings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_counted_per_reader() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("test-readings.jsonl");
        assert_eq!(record_reading(&log, "digits/test", "a").unwrap(), 1);
        assert_eq!(record_reading(&log, "digits/test", "b").unwrap(), 1);
        assert_eq!(record_reading(&log, "digits/test", "a").unwrap(), 2);
    }
}
