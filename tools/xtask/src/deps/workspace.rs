//! What the rules look at: the workspace's packages, their sources and the top-level folders.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) struct Workspace {
    pub(super) packages: Vec<Package>,
    /// Folders at the top, without those that start with a dot or that `.gitignore` names.
    pub(super) top_folders: Vec<String>,
}

pub(super) struct Package {
    pub(super) name: String,
    /// From the workspace root, with `/` between its parts.
    pub(super) folder: String,
    /// Package names of the normal and build dependencies, optional ones included.
    pub(super) dependencies: Vec<String>,
    /// `(path, text)` of every Rust file under `src`, the crate root first.
    pub(super) sources: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    dependencies: Vec<MetadataDependency>,
    targets: Vec<MetadataTarget>,
}

#[derive(Deserialize)]
struct MetadataDependency {
    name: String,
    kind: Option<String>,
}

#[derive(Deserialize)]
struct MetadataTarget {
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Workspace {
    pub(super) fn read(root: &Path) -> Result<Self> {
        let root = root.canonicalize().context("cannot find the workspace")?;
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--offline",
            ])
            .current_dir(&root)
            .output()
            .context("cannot start cargo metadata")?;
        ensure!(
            output.status.success(),
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Metadata = serde_json::from_slice(&output.stdout)
            .context("cannot read cargo metadata's answer")?;
        let packages = metadata
            .packages
            .into_iter()
            .map(|package| Package::read(&root, package))
            .collect::<Result<_>>()?;
        Ok(Self {
            packages,
            top_folders: top_folders(&root)?,
        })
    }
}

impl Package {
    fn read(root: &Path, package: MetadataPackage) -> Result<Self> {
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest lies in a folder")?;
        let crate_root = package
            .targets
            .iter()
            .find(|target| !target.kind.iter().any(|kind| kind == "custom-build"))
            .with_context(|| format!("{} builds nothing", package.name))?;
        let mut paths = Vec::new();
        rust_files(&folder.join("src"), &mut paths)?;
        paths.sort_by_key(|path| (*path != crate_root.src_path, path.clone()));
        let sources = paths
            .iter()
            .map(|path| Ok((relative(root, path), std::fs::read_to_string(path)?)))
            .collect::<Result<_>>()?;
        let dependencies = package
            .dependencies
            .into_iter()
            .filter(|dependency| dependency.kind.as_deref() != Some("dev"))
            .map(|dependency| dependency.name)
            .collect();
        Ok(Self {
            folder: relative(root, folder),
            name: package.name,
            dependencies,
            sources,
        })
    }
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root)
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn top_folders(root: &Path) -> Result<Vec<String>> {
    let ignored =
        std::fs::read_to_string(root.join(".gitignore")).context("cannot read .gitignore")?;
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_ignored = ignored.lines().any(|line| line.trim_matches('/') == name);
        if entry.path().is_dir() && !name.starts_with('.') && !is_ignored {
            folders.push(name);
        }
    }
    folders.sort();
    Ok(folders)
}
