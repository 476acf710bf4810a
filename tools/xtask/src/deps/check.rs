//! Checks one rule.

use super::rules::Rule;
use super::workspace::{Package, Workspace};
use std::collections::BTreeSet;

/// One readable line for each violation of `rule`, its reason included.
pub(super) fn violations(rule: &Rule, workspace: &Workspace) -> Vec<String> {
    let (found, because) = match *rule {
        Rule::FolderNeverOn {
            folder,
            on,
            because,
        } => (folder_never_on(workspace, folder, on), because),
        Rule::OnlyFor {
            crates,
            owners,
            because,
        } => (only_for(workspace, crates, owners), because),
        Rule::Allowed {
            package,
            crates,
            because,
        } => (
            of_package(workspace, package, |it| allowed(it, crates)),
            because,
        ),
        Rule::RootAttributes {
            package,
            attributes,
            because,
        } => (
            of_package(workspace, package, |it| root_attributes(it, attributes)),
            because,
        ),
        Rule::NeverExtern {
            package,
            crates,
            because,
        } => (
            of_package(workspace, package, |it| never_extern(it, crates)),
            because,
        ),
        Rule::NeverNames {
            package,
            paths,
            because,
        } => (
            of_package(workspace, package, |it| never_names(it, paths)),
            because,
        ),
        Rule::TopFolders { folders, because } => (top_folders(workspace, folders), because),
    };
    found
        .into_iter()
        .map(|violation| format!("{violation} ({because})"))
        .collect()
}

fn folder_never_on(workspace: &Workspace, folder: &str, on: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for package in workspace
        .packages
        .iter()
        .filter(|package| lies_in(package, folder))
    {
        for reached in reachable(workspace, package) {
            if on.iter().any(|forbidden| lies_in(reached, forbidden)) {
                found.push(format!(
                    "{} ({}) depends on {} ({})",
                    package.name, package.folder, reached.name, reached.folder
                ));
            }
        }
    }
    found
}

fn lies_in(package: &Package, folder: &str) -> bool {
    package.folder.split('/').next() == Some(folder)
}

/// The workspace's own packages that `from` depends on, directly or not.
fn reachable<'a>(workspace: &'a Workspace, from: &'a Package) -> Vec<&'a Package> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    let mut open = vec![from];
    while let Some(package) = open.pop() {
        for next in workspace
            .packages
            .iter()
            .filter(|it| package.dependencies.contains(&it.name))
        {
            if seen.insert(&next.name) {
                found.push(next);
                open.push(next);
            }
        }
    }
    found
}

fn only_for(workspace: &Workspace, crates: &[&str], owners: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for package in &workspace.packages {
        for dependency in &package.dependencies {
            let is_governed = crates.iter().any(|pattern| matches(pattern, dependency));
            if is_governed && !owners.contains(&package.name.as_str()) {
                let owners = if owners.is_empty() {
                    "no crate".into()
                } else {
                    owners.join(", ")
                };
                found.push(format!(
                    "{} depends on {dependency}, which is for {owners} only",
                    package.name
                ));
            }
        }
    }
    found
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// A rule about a package that is gone is a violation too, so that renaming disables no rule.
fn of_package(
    workspace: &Workspace,
    name: &str,
    check: impl Fn(&Package) -> Vec<String>,
) -> Vec<String> {
    match workspace
        .packages
        .iter()
        .find(|package| package.name == name)
    {
        Some(package) => check(package),
        None => vec![format!(
            "a rule names {name}, which is no crate of the workspace"
        )],
    }
}

fn allowed(package: &Package, crates: &[&str]) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter(|dependency| !crates.contains(&dependency.as_str()))
        .map(|dependency| format!("{} may not depend on {dependency}", package.name))
        .collect()
}

fn root_attributes(package: &Package, attributes: &[&str]) -> Vec<String> {
    let (path, text) = &package.sources[0];
    attributes
        .iter()
        .filter(|attribute| !text.lines().any(|line| line.trim() == **attribute))
        .map(|attribute| format!("{path} lacks {attribute}"))
        .collect()
}

fn never_extern(package: &Package, crates: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in &package.sources {
        let mut previous = "";
        for line in text.lines().map(str::trim) {
            for name in crates {
                let is_declared = line
                    .split(" as ")
                    .next()
                    .unwrap_or(line)
                    .trim_end_matches(';')
                    == format!("extern crate {name}");
                if is_declared && previous != "#[cfg(test)]" {
                    found.push(format!("{path} declares {name}"));
                }
            }
            previous = line;
        }
    }
    found
}

fn never_names(package: &Package, paths: &[&str]) -> Vec<String> {
    let pairs = package.sources.iter();
    let pairs = pairs.flat_map(|source| paths.iter().map(move |path| (source, path)));
    pairs
        .filter(|((_, text), path)| text.contains(*path))
        .map(|((file, _), path)| format!("{file} names {path}"))
        .collect()
}

fn top_folders(workspace: &Workspace, folders: &[&str]) -> Vec<String> {
    workspace
        .top_folders
        .iter()
        .filter(|folder| !folders.contains(&folder.as_str()))
        .map(|folder| {
            format!(
                "the top level holds {folder}/, allowed are {}",
                folders.join(", ")
            )
        })
        .collect()
}
