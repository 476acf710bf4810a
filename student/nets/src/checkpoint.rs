use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::NetsError;
use crate::train::EpochSummary;

const MAGIC: &[u8; 8] = b"cadetck1";

/// Everything a killed run needs to go on as if it had not been killed. Batches and augmentation
/// are drawn from the seed and the epoch, so no generator state is kept.
#[derive(Debug, PartialEq)]
pub(crate) struct Checkpoint {
    pub(crate) state: State,
    /// Weights after the last full epoch, burnpack.
    pub(crate) net: Vec<u8>,
    /// State of the optimiser, burnpack.
    pub(crate) optimizer: Vec<u8>,
    /// Weights of the best epoch, burnpack.
    pub(crate) best: Vec<u8>,
}

/// The readable part of a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Hash of settings and data; a checkpoint of others is refused.
    pub(crate) task: String,
    /// Whether training is over.
    pub(crate) done: bool,
    /// Epochs so far.
    pub(crate) history: Vec<EpochSummary>,
    /// Index of the best epoch in `history`.
    pub(crate) best: usize,
}

impl Checkpoint {
    /// Writes beside `path`, then renames: a reader sees the old or the new one, never a half.
    pub(crate) fn save(&self, path: &Path) -> Result<(), NetsError> {
        let error = |reason: std::io::Error| checkpoint_error("write", path, reason.to_string());
        let state = serde_json::to_vec(&self.state).expect("the state has a JSON form");
        let mut bytes = MAGIC.to_vec();
        for section in [&state, &self.net, &self.optimizer, &self.best] {
            bytes.extend((section.len() as u64).to_le_bytes());
            bytes.extend(section);
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(error)?;
        }
        let partial = path.with_extension("partial");
        let mut file = File::create(&partial).map_err(error)?;
        file.write_all(&bytes).map_err(error)?;
        file.sync_all().map_err(error)?;
        fs::rename(&partial, path).map_err(error)
    }

    /// The checkpoint at `path`, if there is one.
    ///
    /// *Errors*: `Checkpoint` where it cannot be read or belongs to another `task`.
    pub(crate) fn load(path: &Path, task: &str) -> Result<Option<Self>, NetsError> {
        let error = |reason: String| checkpoint_error("read", path, reason);
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(other) => return Err(error(other.to_string())),
        };
        let checkpoint =
            Self::parse(&bytes).ok_or_else(|| error("it is damaged; remove it".into()))?;
        if checkpoint.state.task != task {
            return Err(error(
                "it was made with other settings or other data; remove it to start anew".into(),
            ));
        }
        Ok(Some(checkpoint))
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.strip_prefix(MAGIC)?;
        let mut section = || {
            let (len, after) = rest.split_first_chunk::<8>()?;
            let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
            let (section, after) = after.split_at_checked(len)?;
            rest = after;
            Some(section.to_vec())
        };
        let state = serde_json::from_slice(&section()?).ok()?;
        let checkpoint = Self {
            state,
            net: section()?,
            optimizer: section()?,
            best: section()?,
        };
        rest.is_empty().then_some(checkpoint)
    }
}

fn checkpoint_error(action: &'static str, path: &Path, reason: String) -> NetsError {
    NetsError::Checkpoint {
        action,
        path: path.into(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Checkpoint {
        Checkpoint {
            state: State {
                task: "abc".into(),
                done: false,
                history: Vec::new(),
                best: 0,
            },
            net: vec![1, 2, 3],
            optimizer: Vec::new(),
            best: vec![4],
        }
    }

    #[test]
    fn comes_back_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/checkpoint.bin");
        assert_eq!(Checkpoint::load(&path, "abc").unwrap(), None);
        sample().save(&path).unwrap();
        assert_eq!(Checkpoint::load(&path, "abc").unwrap(), Some(sample()));
        let error = Checkpoint::load(&path, "other").unwrap_err();
        assert!(error.to_string().contains("other settings"));
    }

    #[test]
    fn a_cut_checkpoint_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.bin");
        sample().save(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        for len in 0..bytes.len() {
            assert!(Checkpoint::parse(&bytes[..len]).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let with_magic: Vec<u8> = MAGIC.iter().copied().chain(bytes).collect();
            let _ = Checkpoint::parse(&with_magic);
        }
    }
}
