use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::DistillError;

/// The folder of one run. It belongs to one recipe, to the byte, and to one process at a time.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    recipe_sha256: String,
    /// Held while the run is open.
    _lock: File,
}

impl RunDir {
    /// Makes `runs/<name>`, or opens it where it was made by the same recipe.
    ///
    /// *Errors*: `OtherRecipe`, `NotARun`, `Busy`, `Io`; the folder is then left as it was.
    pub fn open(runs: &Path, name: &str, recipe_text: &str) -> Result<Self, DistillError> {
        let path = runs.join(name);
        let recipe_sha256 = hex(&Sha256::digest(recipe_text));
        let recipe_path = path.join("recipe.toml");
        match fs::read(&recipe_path) {
            Ok(found) => {
                let found = hex(&Sha256::digest(found));
                if found != recipe_sha256 {
                    return Err(DistillError::OtherRecipe {
                        path,
                        found,
                        expected: recipe_sha256,
                    });
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let is_empty = fs::read_dir(&path).map_or(true, |mut entries| {
                    entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == "lock"))
                });
                if !is_empty || path.is_file() {
                    return Err(DistillError::NotARun { path });
                }
            }
            Err(error) => return Err(DistillError::io("read", recipe_path)(error)),
        }
        fs::create_dir_all(&path).map_err(DistillError::io("create", &path))?;
        let lock_path = path.join("lock");
        let lock = File::create(&lock_path).map_err(DistillError::io("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DistillError::Busy { path }),
            Err(TryLockError::Error(error)) => {
                return Err(DistillError::io("lock", lock_path)(error));
            }
        }
        write_atomic(&recipe_path, recipe_text.as_bytes())?;
        Ok(Self {
            path,
            recipe_sha256,
            _lock: lock,
        })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the recipe, in hex.
    pub fn recipe_sha256(&self) -> &str {
        &self.recipe_sha256
    }

    /// A file or folder in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Writes beside `path`, then renames: a reader sees all of it or nothing.
pub(crate) fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DistillError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(DistillError::io("create", folder))?;
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(DistillError::io("write", path))
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_recipe() {
        let runs = tempfile::tempdir().unwrap();
        drop(RunDir::open(runs.path(), "a", "seed = 1").unwrap());
        assert!(RunDir::open(runs.path(), "a", "seed = 1").is_ok());
        let error = RunDir::open(runs.path(), "a", "seed = 2").unwrap_err();
        assert!(matches!(error, DistillError::OtherRecipe { .. }), "{error}");
        let kept = fs::read_to_string(runs.path().join("a/recipe.toml")).unwrap();
        assert_eq!(kept, "seed = 1");
    }

    #[test]
    fn a_folder_of_other_things_is_left_alone() {
        let runs = tempfile::tempdir().unwrap();
        fs::create_dir(runs.path().join("a")).unwrap();
        fs::write(runs.path().join("a/thesis.txt"), "dear").unwrap();
        let error = RunDir::open(runs.path(), "a", "seed = 1").unwrap_err();
        assert!(matches!(error, DistillError::NotARun { .. }), "{error}");
        assert_eq!(fs::read_dir(runs.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn one_process_at_a_time() {
        let runs = tempfile::tempdir().unwrap();
        let first = RunDir::open(runs.path(), "a", "seed = 1").unwrap();
        let error = RunDir::open(runs.path(), "a", "seed = 1").unwrap_err();
        assert!(matches!(error, DistillError::Busy { .. }), "{error}");
        drop(first);
        assert!(RunDir::open(runs.path(), "a", "seed = 1").is_ok());
    }
}
