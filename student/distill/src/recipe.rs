use std::fs;
use std::path::{Path, PathBuf};

use cadet_data::{IdxConfig, SyntheticConfig};
use cadet_nets::{Architecture, Loss, TrainConfig};
use serde::{Deserialize, Serialize};

use crate::DistillError;
use crate::paths::expand;

#[doc = include_str!("../RECIPES.md")]
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Name of the run and its directory: letters, digits, `-` and `_`.
    pub name: String,
    /// Seed of everything random but the data.
    pub seed: u64,
    /// Whether the same student is also trained on labels alone, for comparison.
    #[serde(default)]
    pub baseline: bool,
    /// What it learns from.
    pub data: DataConfig,
    /// Whom it learns from.
    pub teacher: TeacherConfig,
    /// What learns.
    pub student: StudentConfig,
    /// What it must fit into.
    #[serde(default)]
    pub budget: Budget,
}

/// Rows and their split.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// Rows held out of training for every choice: early stopping and calibration.
    pub select_rows: usize,
    /// Where rows come from.
    pub source: SourceConfig,
}

/// Where rows come from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceConfig {
    /// IDX files.
    Idx(IdxConfig),
    /// A generator.
    Synthetic(SyntheticConfig),
}

/// Whom the student learns from.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherConfig {
    /// An ONNX classifier.
    Onnx(OnnxTeacherConfig),
    /// A larger network, first trained on the labels of the training rows.
    Train(TrainTeacherConfig),
}

/// An ONNX model with one input and logits as its first output.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OnnxTeacherConfig {
    /// The model.
    pub path: PathBuf,
    /// What the data's values are multiplied by to become the model's.
    #[serde(default = "one")]
    pub input_scale: f32,
    /// What its logits are multiplied by, so that temperatures mean the same for every teacher.
    #[serde(default = "one")]
    pub logit_scale: f32,
}

fn one() -> f32 {
    1.0
}

/// A network trained as a teacher.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TrainTeacherConfig {
    /// The network.
    pub architecture: Architecture,
    /// How it is trained.
    pub training: TrainConfig,
}

/// The network to be made.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct StudentConfig {
    /// The network.
    pub architecture: Architecture,
    /// What it is fitted to.
    pub loss: Loss,
    /// How it is trained; the baseline likewise.
    pub training: TrainConfig,
}

/// Limits a student must keep; one left out is not checked.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Bytes of the int8 package.
    pub package_bytes: Option<usize>,
    /// Bytes of its arena.
    pub arena_bytes: Option<usize>,
}

impl Recipe {
    /// Reads a recipe; returns it with its text.
    pub fn load(path: &Path) -> Result<(Self, String), DistillError> {
        let text = fs::read_to_string(path).map_err(DistillError::io("read recipe", path))?;
        let recipe = Self::parse(&text).map_err(|message| DistillError::Recipe {
            path: path.into(),
            message,
        })?;
        Ok((recipe, text))
    }

    /// Reads a recipe from its text. *Errors*: a message with the line and the key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut recipe: Recipe =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if recipe.name.is_empty() || !recipe.name.chars().all(is_plain) {
            return Err(format!(
                "`name` is {:?}; it names a folder, so only letters, digits, `-` and `_` may be in it",
                recipe.name
            ));
        }
        recipe.expand_paths();
        Ok(recipe)
    }

    fn expand_paths(&mut self) {
        if let SourceConfig::Idx(idx) = &mut self.data.source {
            let paths = [
                &mut idx.images,
                &mut idx.labels,
                &mut idx.test_images,
                &mut idx.test_labels,
            ];
            for path in paths {
                *path = expand(path);
            }
        }
        if let TeacherConfig::Onnx(teacher) = &mut self.teacher {
            teacher.path = expand(&teacher.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipes() -> Vec<(PathBuf, String)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipes");
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
            .collect()
    }

    #[test]
    fn the_recipes_of_the_project_are_read() {
        let recipes = recipes();
        assert!(!recipes.is_empty());
        for (path, text) in recipes {
            let recipe = Recipe::parse(&text).unwrap();
            assert_eq!(
                path.file_stem().unwrap().to_str(),
                Some(recipe.name.as_str())
            );
        }
    }

    #[test]
    fn every_unknown_key_is_named_with_its_line() {
        for (_, text) in recipes() {
            let tables = text
                .lines()
                .enumerate()
                .filter(|(_, line)| line.starts_with('['));
            for (line, table) in tables {
                let mut lines: Vec<&str> = text.lines().collect();
                lines.insert(line + 1, "unheard_of = 1");
                let error = Recipe::parse(&lines.join("\n")).unwrap_err();
                assert!(error.contains("unheard_of"), "{table}: {error}");
                assert!(
                    error.contains(&format!("line {}", line + 2)),
                    "{table}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_wrong_type_is_named_with_its_line() {
        let (_, text) = recipes().remove(0);
        let mut lines: Vec<&str> = text.lines().collect();
        let is_epochs = |line: &&str| line.starts_with("epochs");
        let line = lines.iter().position(is_epochs).unwrap();
        lines[line] = "epochs = \"ten\"";
        let error = Recipe::parse(&lines.join("\n")).unwrap_err();
        assert!(error.contains(&format!("line {}", line + 1)), "{error}");
        assert!(error.contains("epochs"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(at: usize, with: char, text in ".*") {
            for (_, recipe) in recipes() {
                let mut changed: Vec<char> = recipe.chars().collect();
                let at = at % changed.len();
                changed[at] = with;
                let _ = Recipe::parse(&changed.iter().collect::<String>());
            }
            let _ = Recipe::parse(&text);
        }
    }

    #[test]
    fn a_name_is_a_folder() {
        let (_, text) = recipes().remove(0);
        let text = text.replacen("name = \"", "name = \"../", 1);
        assert!(Recipe::parse(&text).unwrap_err().contains("names a folder"));
    }
}
