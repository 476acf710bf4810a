use crate::FlashError;
use cadet_format::TargetId;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A board: `board.toml` in its folder under `targets/`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Name, the same as its folder's.
    pub name: String,
    /// One line for people.
    pub description: String,
    /// Processor core, as gcc's `-mcpu` names it.
    pub core: String,
    /// Floating-point unit, as gcc's `-mfpu` names it; absent where there is none.
    pub fpu: Option<String>,
    /// Instruction set and extensions that kernels may use.
    pub isa: Vec<String>,
    /// Rust target that its firmware is built for.
    pub rust_target: String,
    /// Clock of the core in hertz.
    pub clock_hz: u64,
    /// Cycles at that clock that the core waits for its flash; absent where nobody has said.
    pub wait_states: Option<u32>,
    /// Where its memory lies.
    pub memory: Memory,
    /// What starts firmware on it.
    pub runner: Runner,
    /// The folder that it was read from.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// A board's memory map.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Holds code and packages.
    pub flash: MemoryRange,
    /// Holds arena, state and stack.
    pub ram: MemoryRange,
}

/// One range of a board's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryRange {
    /// First address.
    pub origin: u32,
    /// Length in bytes.
    pub bytes: u32,
}

/// What starts firmware on a board.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Runner {
    /// The emulator `qemu-system-arm`.
    Qemu {
        /// The machine to emulate (`-M`).
        machine: String,
    },
}

impl Board {
    /// Reads `folder/board.toml`.
    ///
    /// # Errors
    /// [`FlashError::BoardFile`] where it is missing or malformed; the message names key and line.
    pub fn load(folder: &Path) -> Result<Self, FlashError> {
        let path = folder.join("board.toml");
        let bad = |reason: String| FlashError::BoardFile {
            path: path.clone(),
            reason,
        };
        let text = std::fs::read_to_string(&path).map_err(|error| bad(error.to_string()))?;
        let board = Self::parse(&text).map_err(bad)?;
        let folder = folder
            .canonicalize()
            .map_err(|error| bad(error.to_string()))?;
        if folder.file_name() != Some(board.name.as_ref()) {
            return Err(bad(format!(
                "the board is called {}, its folder is not",
                board.name
            )));
        }
        Ok(Self { folder, ..board })
    }

    /// Reads a board from the text of its file; it lies in no folder.
    ///
    /// # Errors
    /// A message with the line and the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// The processor family that its packages are laid out for.
    ///
    /// # Errors
    /// [`FlashError::BoardFile`] where packages know no such family.
    pub fn target_id(&self) -> Result<TargetId, FlashError> {
        let (arch, _) = self.rust_target.split_once('-').unwrap_or_default();
        Ok(match arch {
            "x86_64" => TargetId::X86_64,
            "aarch64" => TargetId::Aarch64,
            "armv7" => TargetId::Armv7,
            "thumbv6m" => TargetId::ArmV6M,
            "thumbv7m" => TargetId::ArmV7M,
            "thumbv7em" => TargetId::ArmV7EM,
            _ => {
                return Err(FlashError::BoardFile {
                    path: self.folder.join("board.toml"),
                    reason: format!(
                        "packages know no processor family for `{}`",
                        self.rust_target
                    ),
                });
            }
        })
    }

    /// The board called `name` in the folder `targets`.
    ///
    /// # Errors
    /// [`FlashError::UnknownBoard`], which lists the boards there are, and those of [`Board::load`].
    pub fn find(targets: &Path, name: &str) -> Result<Self, FlashError> {
        let known = Self::names(targets);
        if known.iter().any(|it| it == name) {
            Self::load(&targets.join(name))
        } else {
            Err(FlashError::UnknownBoard {
                name: name.into(),
                targets: targets.into(),
                known,
            })
        }
    }

    /// Names of the boards in the folder `targets`, sorted; empty where there is no such folder.
    pub fn names(targets: &Path) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(targets) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.path().join("board.toml").is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// The `targets` folder of the checkout that `start` lies in.
    ///
    /// # Errors
    /// [`FlashError::NoTargets`] where no parent of `start` has one.
    pub fn targets_folder(start: &Path) -> Result<PathBuf, FlashError> {
        start
            .ancestors()
            .map(|parent| parent.join("targets"))
            .find(|targets| !Self::names(targets).is_empty())
            .ok_or_else(|| FlashError::NoTargets {
                start: start.into(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets() -> PathBuf {
        Board::targets_folder(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn every_board_loads_and_agrees_with_its_linker_script() {
        let targets = targets();
        let names = Board::names(&targets);
        assert!(names.iter().any(|name| name == "mps2-an386"), "{names:?}");
        for name in names {
            let board = Board::find(&targets, &name).unwrap();
            board.target_id().unwrap();
            let script = std::fs::read_to_string(board.folder.join("memory.x")).unwrap();
            for (name, range) in [("FLASH", board.memory.flash), ("RAM", board.memory.ram)] {
                let line = format!(
                    "{name} : ORIGIN = {:#010x}, LENGTH = {}",
                    range.origin, range.bytes
                );
                assert!(script.contains(&line), "memory.x lacks: {line}");
            }
        }
    }

    #[test]
    fn an_unknown_board_lists_the_known_ones() {
        let error = Board::find(&targets(), "nucleo").unwrap_err().to_string();
        assert!(
            error.contains("nucleo") && error.contains("mps2-an386"),
            "{error}"
        );
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let text = std::fs::read_to_string(targets().join("mps2-an386/board.toml")).unwrap();
        std::fs::write(
            folder.path().join("board.toml"),
            text.replace("clock_hz", "clock_mhz"),
        )
        .unwrap();
        let error = Board::load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains("clock_mhz") && error.contains("line 7"),
            "{error}"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(at in 0_usize..400, with: char, text in ".*") {
            let path = targets().join("mps2-an386/board.toml");
            let mut changed: Vec<char> = std::fs::read_to_string(path).unwrap().chars().collect();
            let at = at % changed.len();
            changed[at] = with;
            for text in [changed.iter().collect(), text] {
                if let Ok(board) = Board::parse(&text) {
                    let _ = board.target_id();
                }
            }
        }
    }

    #[test]
    fn a_folder_without_targets_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(
            Board::targets_folder(folder.path()),
            Err(FlashError::NoTargets { .. })
        ));
    }
}
