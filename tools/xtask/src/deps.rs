//! `cargo xtask deps`: holds the workspace to its dependency rules.

mod check;
mod rules;
#[cfg(test)]
mod tests;
mod workspace;

use anyhow::{Result, bail};
use std::path::Path;

/// Prints every violation with the rule's reason; an error where there is one.
pub(crate) fn check(root: &Path) -> Result<()> {
    let workspace = workspace::Workspace::read(root)?;
    let violations: Vec<String> = rules::RULES
        .iter()
        .flat_map(|rule| check::violations(rule, &workspace))
        .collect();
    for violation in &violations {
        eprintln!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} dependency rules broken", violations.len());
    }
    println!(
        "{} dependency rules hold for {} crates",
        rules::RULES.len(),
        workspace.packages.len()
    );
    Ok(())
}
