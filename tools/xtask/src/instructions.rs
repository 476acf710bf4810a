//! `cargo xtask instructions`: how many instructions an inference takes on AArch64, exactly.

pub(crate) mod counter;
mod tract;

use crate::{aarch64, setup};
use anyhow::{Context, Result, ensure};
use counter::Counter;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tract::{Counts, Tract};

/// Prints a line for each package of the folder, with a number for each instruction set. Where a folder of `models` is
/// given, tract on the ONNX file of the same name stands beside, and what our counts are of tract's in floats.
pub(crate) fn print(root: &Path, folder: &Path, models: Option<&Path>) -> Result<()> {
    setup::install_part(root, "aarch64")?;
    let program = build(root)?;
    let counter = Counter::build(root, &aarch64::release(root))?;
    let mut tract = models.map(|it| Tract::build(root, it)).transpose()?;
    let processor = aarch64::MAX.0;
    let mut names = Command::new(aarch64::EMULATOR);
    let names = aarch64::said(names.args(["-cpu", processor]).arg(&program))?;
    let isas: Vec<&str> = names.lines().collect();
    println!("{}", heading(&isas, tract.is_some()));
    let mut packages: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    packages.retain(|path| path.extension().is_some_and(|it| it == "cadet"));
    packages.sort();
    for package in packages {
        let name = package.file_stem().unwrap_or_default().to_string_lossy();
        let ours = isas.iter().map(|isa| {
            let count = counter.inference(processor, &program, |command| {
                command.arg(&package).arg(isa);
            });
            // Whole ONNX models and fed packages do not run so.
            count.ok()
        });
        let ours: Vec<Option<u64>> = ours.collect();
        let tract = tract.as_mut().map(|tract| {
            let same = tract.inference(&counter, &name);
            (same, tract.inference(&counter, &float_model(&name)))
        });
        println!("{}", row(&name, &ours, tract));
    }
    Ok(())
}

/// Builds `repeat`, of cadet-repack.
fn build(root: &Path) -> Result<PathBuf> {
    let arguments = ["build", "--release", "--package", "cadet-repack"];
    let status = aarch64::cargo(root, &arguments)
        .args(["--example", "repeat"])
        .status()
        .context("cannot start cargo build")?;
    ensure!(status.success(), "the program to count does not build");
    Ok(aarch64::release(root).join("examples/repeat"))
}

/// The model in floats that one of another type was made beside: `kws_float32` for `kws_int8`.
fn float_model(name: &str) -> String {
    match name.strip_suffix("_int8") {
        Some(stem) => format!("{stem}_float32"),
        None => name.into(),
    }
}

fn heading(isas: &[&str], has_tract: bool) -> String {
    let mut line = format!("{:<28}", "package");
    line.extend(isas.iter().map(|isa| format!(" {isa:>12}")));
    if has_tract {
        line.extend(Tract::headings().iter().map(|it| format!(" {it:>16}")));
        line.extend(
            isas.iter()
                .map(|isa| format!(" {:>13}", format!("{isa}/tract"))),
        );
    }
    line
}

/// Counts of a package; then those of tract for the same model, and what ours are of its fewest for the model in floats.
fn row(name: &str, ours: &[Option<u64>], tract: Option<(Counts, Counts)>) -> String {
    let number = |it: &Option<u64>| it.map_or("-".into(), |it| it.to_string());
    let mut line = format!("{name:<28}");
    line.extend(ours.iter().map(|it| format!(" {:>12}", number(it))));
    if let Some((same, float)) = tract {
        line.extend(same.iter().map(|it| format!(" {:>16}", number(it))));
        let fewest = float.into_iter().flatten().min();
        let shares = ours.iter().map(|it| Some((*it)? as f64 / fewest? as f64));
        let shares = shares.map(|it| it.map_or("-".into(), |it| format!("{it:.2}")));
        line.extend(shares.map(|it| format!(" {it:>13}")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_the_fewest_in_floats() {
        let ours = [Some(300), Some(100), None];
        let tract = ([Some(900), Some(800), None], [Some(500), Some(400), None]);
        let words =
            |line: String| -> Vec<String> { line.split_whitespace().map(Into::into).collect() };
        assert_eq!(
            words(row("kws_int8", &ours, Some(tract))),
            [
                "kws_int8", "300", "100", "-", "900", "800", "-", "0.75", "0.25", "-"
            ]
        );
        assert_eq!(
            words(row("kws_int8", &ours, None)),
            ["kws_int8", "300", "100", "-"]
        );
        let without = ([None; 3], [None; 3]);
        assert_eq!(
            words(row("own", &ours[..1], Some(without))),
            ["own", "300", "-", "-", "-", "-"]
        );
    }

    #[test]
    fn columns_stand_below_their_headings() {
        let tract = ([Some(u64::from(u32::MAX)); 3], [Some(1_000_000_000); 3]);
        let row = row("kws", &[Some(123_456_789); 2], Some(tract));
        assert_eq!(heading(&["scalar", "neon"], true).len(), row.len());
    }

    #[test]
    fn the_model_in_floats_is_found_by_its_name() {
        assert_eq!(float_model("kws_int8"), "kws_float32");
        assert_eq!(float_model("kws_float32"), "kws_float32");
    }
}
