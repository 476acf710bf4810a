//! `cargo xtask bench`: criterion's suites in several rounds, each over all benchmarks, so that what slows the machine for a
//! while slows one round of every series and not one series; and a gate on what has become slower.

mod gate;
mod series;

use anyhow::{Context, Result, bail, ensure};
use gate::{Comparison, FLOOR, Verdict, compare};
use series::Series;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What to do, as the command line says it.
#[derive(Debug, PartialEq)]
pub(crate) struct Options<'a> {
    /// Keep the rounds here.
    save: Option<&'a str>,
    /// Compare with the rounds that are kept here.
    against: Option<&'a str>,
    rounds: u32,
    /// Part of an id.
    filter: Option<&'a str>,
}

impl<'a> Options<'a> {
    /// `None` for wrong usage.
    pub(crate) fn parse(arguments: &[&'a str]) -> Option<Options<'a>> {
        let mut options = Options {
            save: None,
            against: None,
            rounds: 7,
            filter: None,
        };
        let mut rest = arguments.iter();
        while let Some(&argument) = rest.next() {
            match argument {
                "--save" => options.save = Some(rest.next()?),
                "--against" => options.against = Some(rest.next()?),
                "--rounds" => options.rounds = rest.next()?.parse().ok()?,
                it if it.starts_with("--") || options.filter.is_some() => return None,
                it => options.filter = Some(it),
            }
        }
        let has_work = options.save.is_some() || options.against.is_some();
        (has_work && options.rounds > 0).then_some(options)
    }
}

pub(crate) fn run(root: &Path, options: &Options<'_>) -> Result<()> {
    // Read before minutes of work.
    let before = options.against.map(|it| Series::read(Path::new(it)));
    let before = before.transpose()?;
    let after = measure(root, options)?;
    if let Some(path) = options.save {
        after.write(Path::new(path))?;
    }
    match before {
        Some(before) => report(&before, &after, options.filter.unwrap_or_default()),
        None => Ok(()),
    }
}

fn measure(root: &Path, options: &Options<'_>) -> Result<Series> {
    let build = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let home = build.join("xtask-bench");
    let suites = ["bench", "--quiet", "--package", "cadet-benches"];
    let built = Command::new(env!("CARGO"))
        .args(suites)
        .arg("--no-run")
        .current_dir(root)
        .status()
        .context("cannot start cargo bench")?;
    ensure!(built.success(), "the suites do not build");
    let mut series = Series::default();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        if home.exists() {
            std::fs::remove_dir_all(&home).context("cannot empty criterion's folder")?;
        }
        // Progress and results are criterion's; the table here is of medians over rounds.
        let output = Command::new(env!("CARGO"))
            .args(suites)
            .args(["--", "--noplot", "--sample-size", "10"])
            .args(["--warm-up-time", "0.05", "--measurement-time", "0.2"])
            .args(options.filter)
            .current_dir(root)
            .env("CRITERION_HOME", &home)
            .output()
            .context("cannot start cargo bench")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo bench failed: {said}");
        series.add_round(&home)?;
    }
    Ok(series)
}

/// Prints the table.
///
/// # Errors
/// Where a series has become slower, or is gone.
fn report(before: &Series, after: &Series, filter: &str) -> Result<()> {
    let (lines, failed) = table(before, after, filter);
    println!("{}", lines.join("\n"));
    if failed.is_empty() {
        return Ok(());
    }
    bail!("slower or gone: {}", failed.join(", "))
}

/// The lines of the table, and the ids that fail.
fn table(before: &Series, after: &Series, filter: &str) -> (Vec<String>, Vec<String>) {
    let widest = before.0.keys().chain(after.0.keys()).map(String::len).max();
    let width = widest.unwrap_or_default();
    let mut lines = vec![format!(
        "{:width$} {:>10} {:>10} {:>8} {:>7}  fails beyond {} % and three times the noise",
        "benchmark",
        "before us",
        "after us",
        "change",
        "noise",
        FLOOR * 100.0
    )];
    let mut failed = Vec::new();
    for (id, before) in before.0.iter().filter(|(id, _)| id.contains(filter)) {
        let Some(found) = after.0.get(id).and_then(|after| compare(before, after)) else {
            lines.push(format!("{id:width$} gone"));
            failed.push(id.clone());
            continue;
        };
        lines.push(format!("{id:width$} {}", row(&found)));
        if found.verdict == Verdict::Slower {
            failed.push(id.clone());
        }
    }
    let is_new = |id: &&String| !before.0.contains_key(*id);
    let new = after.0.keys().filter(is_new);
    lines.extend(new.map(|id| format!("{id:width$} new")));
    (lines, failed)
}

fn row(found: &Comparison) -> String {
    let [before, after] = found.medians.map(|it| it / 1e3);
    let [change, noise] = [found.change, found.noise].map(|it| it * 100.0);
    let said = match found.verdict {
        Verdict::Same => "",
        Verdict::Faster => "  faster",
        Verdict::Slower => "  SLOWER",
    };
    format!("{before:>10.3} {after:>10.3} {change:>+7.1}% {noise:>6.1}%{said}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(rows: &[(&str, &[f64])]) -> Series {
        let rows = rows
            .iter()
            .map(|(id, times)| (id.to_string(), times.to_vec()));
        Series(rows.collect())
    }

    #[test]
    fn what_is_slower_or_gone_fails() {
        let before = series(&[
            ("a/1", &[1e3; 5]),
            ("a/2", &[2e3; 5]),
            ("a/3", &[3e3; 5]),
            ("b", &[1.0]),
        ]);
        let after = series(&[("a/1", &[1.2e3; 5]), ("a/2", &[2e3; 5]), ("a/4", &[9.0])]);
        let (lines, failed) = table(&before, &after, "a/");
        assert_eq!(failed, ["a/1", "a/3"]);
        assert_eq!(
            lines[1],
            "a/1      1.000      1.200   +20.0%    0.0%  SLOWER"
        );
        assert_eq!(
            lines[2..],
            [
                "a/2      2.000      2.000    +0.0%    0.0%",
                "a/3 gone",
                "a/4 new"
            ]
        );
        assert!(report(&before, &after, "a/2").is_ok());
        assert!(report(&before, &after, "").is_err());
    }

    #[test]
    fn options_are_read() {
        let parse = Options::parse;
        let options = parse(&["--against", "old.json", "--rounds", "3", "conv2d"]).unwrap();
        assert_eq!(options.against, Some("old.json"));
        assert_eq!((options.rounds, options.filter), (3, Some("conv2d")));
        for wrong in [
            &["conv2d"][..],
            &["--save"],
            &["--save", "a", "x", "y"],
            &["--save", "a", "--rounds", "0"],
            &["--loud"],
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
    }
}
